// A level of cache that the step's values still fit with fewer examples.
#include <algorithm>

#include "analysis/bound.h"
#include "analysis/findings/finding.h"
#include "analysis/text.h"

namespace tacho {
namespace {

/// What a step touches: weights, slices' memory and workspaces, which no batch changes, and values that it keeps for
/// the whole batch.
struct StepBytes {
  int64_t fixed = 0, of_batch = 0;
  int64_t all() const { return fixed + of_batch; }
};

StepBytes bytes_of_step(const MemoryMap& memory) {
  StepBytes bytes;
  bytes.fixed = memory.variable_bytes + memory.constant_bytes + memory.threads * memory.workspace_bytes;
  bytes.of_batch = memory.input_bytes;
  for (const MemoryArena& arena : memory.arenas)
    (arena.name == "shared" ? bytes.of_batch : bytes.fixed) += arena.copies * arena.bytes;
  return bytes;
}

}  // namespace

void find_cache_batch(const Report& report, std::vector<Finding>& findings) {
  const RunRecord& record = *report.record;
  if (!report.has_floors() || record.batch < 2 || record.memory.arenas.empty()) return;
  const StepBytes bytes = bytes_of_step(record.memory);
  const int64_t l2 = record.profile->l2_bytes * report.threads(), l3 = record.profile->l3_bytes;
  // The largest level that this batch has outgrown.
  const bool lost_l3 = l3 > 0 && bytes.all() > l3;
  const int64_t level = lost_l3 ? l3 : l2;
  if (level == 0 || bytes.all() <= level || bytes.fixed >= level || bytes.of_batch == 0) return;
  int64_t cold = 0;
  for (const Operation& o : report.operations) cold += o.terms ? o.terms->cold_ns : 0;
  if (double(cold) < 0.03 * double(report.step_thread_ns())) return;
  const double per_example = double(bytes.of_batch) / double(record.batch);
  const int64_t fit = int64_t(double(level - bytes.fixed) / per_example);
  int64_t batch = 1;
  while (batch * 2 <= fit) batch *= 2;
  const char* name = lost_l3 ? "L3" : "L2";
  Finding finding{"cache_batch", ""};
  finding.text =
      text_of("A cache level lost as the batch grew: the step touches ", bytes_text(bytes.all()), " (",
              bytes_text(int64_t(per_example)), " an example), ", name,
              lost_l3 ? "" : text_of(" of ", report.threads(), " threads"), " holds ", bytes_text(level),
              ": enough for ", fit, fit == 1 ? " example" : " examples", ", not for ", record.batch,
              ". Cold caches cost ", percent(double(cold) / double(report.step_thread_ns())), " of the step.");
  finding.evidence = {{"level_bytes", double(level)},
                      {"step_bytes", double(bytes.all())},
                      {"bytes_per_example", per_example},
                      {"examples_that_fit", double(fit)},
                      {"cold_share", double(cold) / double(report.step_thread_ns())}};
  const auto has_terms = [](const Operation& o) { return o.terms.has_value(); };
  finding.at_most_ns = saved_by(
      report, has_terms, [](const Operation& o) { return o.median_ns - std::max<int64_t>(o.terms->cold_ns, 0); });
  finding.change = text_of("keep the step's values in ", name, ": a batch of ", batch);
  suggest_batch(finding, report, batch);
  findings.push_back(std::move(finding));
}

}  // namespace tacho
