#include "nn/inspect.h"

#include "nn/build.h"
#include "nn/shape_emitter.h"

namespace tacho {

NetworkInspection inspect_network(const NetworkSpec& network, int64_t batch, DType dtype) {
  ShapeEmitter emitter;
  const Value x = network_input(emitter, network, batch, dtype);
  const BuiltNetwork built = build_network(emitter, network, x, false);
  NetworkInspection result{network.name,
                           emitter.type(x).shape,
                           dtype,
                           {},
                           built.parameter_infos,
                           built.state_infos,
                           parameter_count(built.parameter_infos)};
  for (const BuiltLayer& layer : built.layers) {
    InspectedLayer row{layer.name, layer.kind, emitter.type(layer.output).shape, 0, 0};
    row.output_elements = element_count(row.output);
    for (const ParameterInfo& parameter : built.parameter_infos)
      if (parameter.layer == layer.name) row.parameters += element_count(parameter.type.shape);
    result.layers.push_back(row);
  }
  return result;
}

}  // namespace tacho
