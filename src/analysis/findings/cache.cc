// Slices whose operands no longer fit the cache that is near, and how few examples a slice would need for it.
#include "analysis/bound.h"
#include "analysis/findings/finding.h"
#include "analysis/text.h"

namespace tacho {
namespace {

/// What a call of the row touches: so much for any slice, and so much more for each example of it.
struct CallBytes {
  double fixed = 0, per_example = 0;
};

/// Told apart by two things that are known: what the largest call touches with its slice of the batch, and the row's
/// operands for the batch as a whole. Zeros where the call has the whole batch, and where the two do not say it.
CallBytes bytes_of_call(const Operation& o, int64_t calls, int64_t batch) {
  const int64_t examples = calls > 0 ? (batch + calls - 1) / calls : batch;
  const double call = double(o.floor.working_set_bytes), whole = double(o.bytes_read + o.bytes_written);
  if (examples >= batch || whole <= call) return {};
  CallBytes bytes;
  bytes.per_example = (whole - call) / double(batch - examples);
  bytes.fixed = call - bytes.per_example * double(examples);
  return bytes.fixed < 0 ? CallBytes{} : bytes;
}

}  // namespace

void find_cache(const Report& report, std::vector<Finding>& findings) {
  if (!report.has_floors()) return;
  const RunRecord& record = *report.record;
  const int64_t l2 = record.profile->l2_bytes;
  const auto outside = [&](const Operation& o) {
    return o.row == PlannedNode::compute && o.phase != Phase::update && o.floor.working_set_bytes > l2;
  };
  int64_t ns = 0, kernels = 0, calls = 0;
  const Operation* largest = nullptr;
  for (size_t r = 0; r < report.operations.size(); ++r) {
    const Operation& o = report.operations[r];
    kernels += o.step_ns;
    if (!outside(o)) continue;
    ns += o.step_ns;
    if (largest && o.floor.working_set_bytes <= largest->floor.working_set_bytes) continue;
    largest = &o;
    calls = r < record.rows.size() ? record.rows[r].traffic.calls : 0;
  }
  if (l2 == 0 || kernels == 0 || double(ns) < 0.2 * double(kernels)) return;
  Finding finding{"cache", ""};
  finding.text = text_of("Out of the near cache: ", percent(double(ns) / double(kernels)),
                         " of the kernels' time is in calls that touch more than the ", bytes_text(l2), " of L2 (",
                         largest->label, ": ", bytes_text(largest->floor.working_set_bytes), "), with ",
                         record.slice_examples > 0 ? text_of(record.slice_examples, " examples a slice")
                                                   : text_of("the batch of ", record.batch, " as a whole"),
                         ".");
  finding.evidence = {{"kernel_time_share", double(ns) / double(kernels)},
                      {"l2_bytes", double(l2)},
                      {"working_set_bytes", double(largest->floor.working_set_bytes)}};
  const CallBytes bytes = bytes_of_call(*largest, calls, record.batch);
  const int64_t fit = bytes.per_example > 0 ? int64_t((double(l2) - bytes.fixed) / bytes.per_example) : 0;
  if (bytes.per_example > 0) {
    finding.text +=
        bytes.fixed >= double(l2)
            ? text_of(" Its weights alone are ", bytes_text(int64_t(bytes.fixed)), ": no slice is small enough.")
            : text_of(" It has ", bytes_text(int64_t(bytes.fixed)), " for any slice and ",
                      bytes_text(int64_t(bytes.per_example)), " an example, so the level was lost at ", fit + 1,
                      fit == 0 ? " example." : " examples.");
    finding.evidence.insert(finding.evidence.end(), {{"bytes_per_example", bytes.per_example},
                                                     {"fixed_bytes", bytes.fixed},
                                                     {"examples_that_fit", double(std::max<int64_t>(fit, 0))}});
  }
  const auto cold = [](const Operation& o) {
    return o.terms ? o.median_ns - std::max<int64_t>(o.terms->cold_ns, 0) : std::min(o.median_ns, o.floor_ns);
  };
  finding.at_most_ns = saved_by(report, outside, cold);
  if (record.slice_examples == 0 && record.batch > 1) {
    finding.change = text_of("keep slices in the cache: a batch of ", record.batch / 2);
    suggest_batch(finding, report, record.batch / 2);
  } else {
    finding.asks = Asks::network;
    finding.change = bytes.fixed >= double(l2)
                         ? "give large layers fewer channels, so that their weights fit"
                         : text_of("make a call of ", largest->label, " touch ",
                                   short_number(double(largest->floor.working_set_bytes) / double(l2)),
                                   " times less: smaller images or fewer channels there");
    finding.command = sweep_command(report, bytes.fixed >= double(l2) ? "width" : "image");
  }
  findings.push_back(std::move(finding));
}

}  // namespace tacho
