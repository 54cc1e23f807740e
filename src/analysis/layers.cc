#include "analysis/layers.h"

#include <algorithm>

namespace tacho {

std::vector<LayerRow> layers_of(const RunRecord& record, const std::vector<SourceNode>& nodes,
                                const std::vector<Operation>& operations) {
  std::vector<LayerRow> layers;
  const auto row_of = [&](const std::string& block) -> LayerRow& {
    for (LayerRow& row : layers)
      if (row.layer == block) return row;
    LayerRow row{block, describe_layer(record.source, block)};
    if (const Value weight = record.source.find(block + ".weight"))
      if (const Shape& shape = record.source.type(weight).shape; shape.size() >= 2) row.channels = shape[1];
    layers.push_back(std::move(row));
    return layers.back();
  };
  for (const SourceNode& node : nodes) {
    if (node.phase != Phase::forward && node.phase != Phase::backward) continue;
    LayerRow& row = row_of(node.block);
    if (std::find(row.members.begin(), row.members.end(), node.layer) == row.members.end())
      row.members.push_back(node.layer);
  }
  for (const Operation& operation : operations) {
    // The plan's copies into variables stand under the variable's name: "conv1.weight".
    std::string block = operation.block;
    if (operation.phase == Phase::update) block = block.substr(0, block.rfind('.'));
    LayerRow& row = row_of(block);
    if (operation.phase == Phase::update) {
      row.update_work += operation.work;
      row.update_ns += operation.time_ns;
      row.update_step_ns += operation.step_ns;
      continue;
    }
    row.products_work += operation.products_work;
    row.rest_work += operation.work - operation.products_work;
    row.floor_ns += operation.floor_ns;
    for (const KindPart& part : operation.parts()) {
      const bool product = part.kind == NodeKind::product;
      (product ? row.products_ns : row.rest_ns) += part.time_ns;
      (product ? row.products_step_ns : row.rest_step_ns) += part.step_ns;
    }
  }
  return layers;
}

}  // namespace tacho
