// Runs training steps of simplenn-4 one by one under the ledger and prints what each account and phase took.
// Usage: where_time_goes [STEPS [BATCH]]
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

#include "tacho/tacho.h"

int main(int argc, char** argv) try {
  const int64_t steps = argc > 1 ? std::atoll(argv[1]) : 10;
  tacho::DataSpec spec;
  spec.split = tacho::Split{1000, 0};
  const tacho::Dataset data = tacho::load_dataset(spec);

  tacho::StepOptions step;
  step.network = tacho::builtin_network("simplenn-4", data.example_shape(), data.classes);
  step.batch = argc > 2 ? std::atoll(argv[2]) : 64;
  step.way = tacho::resolve({});

  tacho::Pool pool(step.way.threads);
  tacho::VariableStore variables = tacho::initial_variables(step, 0);
  tacho::Session session(step, pool, variables);
  const tacho::BatchOrder order(data.train_size(), step.batch, 0, true);
  tacho::Prefetch prefetch(data, order, step.way.dtype, 1);

  tacho::Ledger ledger;
  const int64_t warm_up = 2;
  for (int64_t k = 1; k <= warm_up + steps; ++k) {
    if (k == warm_up + 1) pool.begin(ledger);
    const tacho::Batch* batch = nullptr;
    pool.wait_for_input([&] { batch = &prefetch.take(k); });
    session.run(batch->x.view(), batch->y.view(), 0.001, k);
    if (pool.measuring()) pool.end_step();
  }
  pool.finish();

  const std::vector<tacho::NodeRow> rows = session.executor().rows();
  std::map<std::string, int64_t> sums;
  int64_t all = 0;
  for (const tacho::LedgerEntry& entry : ledger.entries()) {
    std::string name = tacho::name_of(entry.account);
    if (entry.node >= 0) name += std::string(" ") + tacho::name_of(rows[size_t(entry.node)].place.phase);
    sums[name] += entry.ns;
    all += entry.ns;
  }
  const int64_t closed = ledger.threads() * ledger.wall_ns();
  std::printf("%lld steps of %lld examples on %d threads: %.3f ms a step, loss %.4f\n", static_cast<long long>(steps),
              static_cast<long long>(step.batch), ledger.threads(), double(ledger.wall_ns()) / 1e6 / double(steps),
              session.loss());
  for (const auto& [name, ns] : sums)
    std::printf("  %-18s %10.3f ms  %5.1f %%\n", name.c_str(), double(ns) / 1e6, 100 * double(ns) / double(closed));
  std::printf("threads x wall - accounts = %lld ns\n", static_cast<long long>(closed - all));
  return closed == all ? 0 : 1;
} catch (const std::exception& error) {
  std::fprintf(stderr, "where_time_goes: %s\n", error.what());
  return 2;
}
