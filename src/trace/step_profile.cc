#include "trace/step_profile.h"

#include "base/error.h"

namespace tacho {

void check_closed(const StepProfile& profile, const std::string& where) {
  if (profile.sampled.empty() || profile.median >= profile.sampled.size()) fail(where, ": no step was measured");
  for (size_t s = 0; s < profile.sampled.size(); ++s) {
    const int64_t index = profile.sampled[s];
    if (index < 0 || size_t(index) >= profile.steps_ns.size())
      fail(where, ": sample ", s, " is of step ", index, ", but ", profile.steps_ns.size(), " were measured");
    if (profile.steps_ns[size_t(index)] <= 0) fail(where, ": step ", index, " takes no time");
    __int128 sum = 0;
    const auto add = [&](const std::string& name, const std::vector<int64_t>& samples) {
      if (samples.size() != profile.sampled.size())
        fail(where, ": ", name, " has ", samples.size(), " samples, expected one for each of ", profile.sampled.size(),
             " steps");
      if (samples[s] < 0) fail(where, ": ", name, " took ", samples[s], " ns in step ", index, "; expected at least 0");
      sum += samples[s];
    };
    for (const ProfiledOperation& operation : profile.operations) add(operation.name, operation.samples_ns);
    for (const ProfiledAccount& account : profile.accounts) add(account.name, account.samples_ns);
    const __int128 expected = __int128(profile.unit) * profile.steps_ns[size_t(index)];
    if (sum != expected)
      fail(where, ": the parts of step ", index, " sum to ", int64_t(sum), " ns, expected ", int64_t(expected), " ns (",
           profile.unit, " x its duration)");
  }
}

}  // namespace tacho
