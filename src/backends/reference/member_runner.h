#pragma once
// The kernel that can run every group: members one after another, each by its operation's reference kernel.
#include "op/kernel.h"
#include "op/output_partial.h"
#include "op/slice_scale.h"

namespace tacho::reference {

/// Intermediates live in the workspace, one behind the other; a slice's partial results go straight into an empty
/// partial, else into a second one in the workspace that is then joined to it.
class MemberRunner final : public OutputPartialKernel {
 public:
  explicit MemberRunner(const Group& group);

  /// Per thread: a partial (where the group has any) and the intermediates at their offered shapes.
  size_t workspace_bytes() const { return workspace_bytes_; }

  RunStatus run(const KernelRun& run) const override;
  RunStatus accumulate(const KernelRun& run, void* partial) const override;

 private:
  /// Where an operand lies: index of the external input or output, or an offset into the workspace.
  struct Place {
    enum Kind : uint8_t { input, output, workspace } kind = workspace;
    size_t at = 0;
  };
  View view_of(int operand, const KernelRun& run, const SliceScale& scale, void* partial) const;
  void run_members(const KernelRun& run, void* partial) const;

  Group group_;
  std::vector<Place> places_;
  size_t workspace_bytes_ = 0;
};

}  // namespace tacho::reference
