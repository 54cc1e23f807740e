#include "tests/support/made_up_run.h"

#include "nn/builtin.h"
#include "train/session.h"

namespace tacho {

RunRecord made_up_run(int64_t steps) {
  StepOptions options;
  options.network = builtin_network("mlp");
  options.batch = 4;
  options.way = resolve({});
  RunRecord record;
  record.network = "mlp";
  record.batch = 4;
  record.threads = 2;
  record.cores = 2;
  record.data = "made up";
  record.optimizer = "momentum";
  record.machine = "none";
  record.source = source_graph(options);
  for (int n = 0; n < record.source.node_count(); ++n) {
    const GraphNode& node = record.source.node(n);
    if (node.op->name == "mean") continue;  // as if a pass had removed it
    if (node.op->name == "bias_add") {      // runs with the product before it
      record.rows.back().members.push_back(n);
      continue;
    }
    NodeRow row;
    row.path = record.source.path(n);
    row.op = node.op->name;
    row.place = node.place;
    row.members = {n};
    row.anchor = n;
    row.backend = "reference";
    row.kernel_name = row.op;
    record.rows.push_back(row);
  }
  NodeRow combine;
  combine.kind = PlannedNode::combine;
  combine.op = "combine";
  combine.path = record.rows.back().path + ":combine";
  combine.place = record.rows.back().place;
  combine.backend = "reference";
  record.rows.push_back(combine);

  Ledger& ledger = record.ledger;
  int64_t now = 1000;
  ledger.begin(2, now);
  for (int64_t s = 0; s < steps; ++s) {
    for (size_t r = 0; r < record.rows.size(); ++r) {
      now += 10;  // dispatch
      ledger.record(int(r % 2)).change(now, Account::kernel, int32_t(r));
      now += 100 * int64_t(r + 1) + 7 * s;
      ledger.record(int(r % 2)).change(now, r % 2 ? Account::sync : Account::dispatch);
    }
    now += 50;
    ledger.end_step(now);
  }
  ledger.close(now);
  return record;
}

MachineProfile made_up_profile() {
  MachineProfile profile;
  profile.identity = profile.processor = "made up";
  profile.cores = profile.threads = 2;
  profile.l1_bytes = 1000, profile.l2_bytes = 10000;
  for (int threads : {1, 2}) {
    profile.compute.push_back({"float32", "baseline", threads, 1e9, 0});
    profile.compute.push_back({"float32", "avx2", threads, threads == 1 ? 2e9 : 3e9, 0});
    profile.bandwidth.push_back({"L1", "read", threads, 500, 100e9 * threads, 0});
    profile.bandwidth.push_back({"L2", "read", threads, 5000, 40e9 * threads, 0});
    profile.bandwidth.push_back({"L2", "triad", threads, 5000, 50e9 * threads, 0});
    profile.bandwidth.push_back({"memory", "read", threads, 100000, 10e9, 0});
  }
  return profile;
}

}  // namespace tacho
