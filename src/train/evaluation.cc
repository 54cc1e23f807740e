#include "train/evaluation.h"

#include <algorithm>
#include <cstring>

#include "data/batches.h"

namespace tacho {
namespace {

template <class T>
int64_t count_correct(const Tensor& outputs, const int64_t* labels) {
  const int64_t examples = outputs.shape()[0], classes = outputs.elements() / examples;
  int64_t correct = 0;
  for (int64_t i = 0; i < examples; ++i) {
    const T* row = outputs.as<T>() + i * classes;
    correct += std::max_element(row, row + classes) - row == labels[i];
  }
  return correct;
}

}  // namespace

Evaluator::Evaluator(StepOptions options, Pool& pool, VariableStore& variables)
    : options_(std::move(options)), pool_(pool), variables_(variables) {
  options_.kind = StepKind::evaluate;
}

Evaluator::~Evaluator() = default;

Session& Evaluator::session_for(int64_t batch) {
  std::unique_ptr<Session>& session = sessions_[batch];
  if (!session) {
    StepOptions options = options_;
    options.batch = batch;
    session = std::make_unique<Session>(options, pool_, variables_);
  }
  return *session;
}

template <class Visit>
void Evaluator::for_each_batch(const Tensor& x, const Tensor& y, Visit&& visit) {
  const int64_t examples = x.shape()[0];
  for (const auto& [batch, session] : sessions_) session->executor().variables_changed();
  for (int64_t begin = 0; begin < examples;) {
    const int64_t count = std::min(options_.batch, examples - begin);
    Shape shape = x.shape();
    shape[0] = count;
    const Tensor batch_x({options_.way.dtype, shape}), batch_y({DType::int64, {count}});
    fill_range(x, y, begin, batch_x.view(), batch_y.view());
    Session& session = session_for(count);
    session.run(batch_x.view(), batch_y.view(), 0, 1);
    visit(session, begin, batch_y);
    begin += count;
  }
}

Evaluation Evaluator::evaluate(const Tensor& x, const Tensor& y) {
  Evaluation result;
  double loss = 0;
  int64_t correct = 0;
  for_each_batch(x, y, [&](Session& session, int64_t, const Tensor& labels) {
    loss += session.loss() * double(labels.elements());
    const Tensor outputs = session.outputs();
    correct += outputs.dtype() == DType::float64 ? count_correct<double>(outputs, labels.as<int64_t>())
                                                 : count_correct<float>(outputs, labels.as<int64_t>());
    result.examples += labels.elements();
  });
  if (result.examples == 0) fail("no examples to evaluate");
  result.loss = loss / double(result.examples);
  result.accuracy = double(correct) / double(result.examples);
  return result;
}

Tensor Evaluator::outputs(const Tensor& x) {
  const int64_t examples = x.shape()[0];
  const Tensor labels = Tensor::zeros({DType::int64, {examples}});
  Tensor all;
  for_each_batch(x, labels, [&](Session& session, int64_t begin, const Tensor& batch_labels) {
    const Tensor outputs = session.outputs();
    const int64_t columns = outputs.elements() / outputs.shape()[0];
    if (!all.defined()) all = Tensor({outputs.dtype(), {examples, columns}});
    const View rows = slice_outermost(all.view(), begin, batch_labels.elements());
    std::memcpy(rows.data, outputs.view().data, size_t(outputs.bytes()));
  });
  return all;
}

}  // namespace tacho
