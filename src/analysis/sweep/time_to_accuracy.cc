#include "analysis/sweep/time_to_accuracy.h"

#include <algorithm>

#include "analysis/sweep/render.h"

namespace tacho {
namespace {

double step_ns(const AccuracyRun& run) { return double(run.training_ns) / double(std::max<int64_t>(run.steps, 1)); }

std::string why_not(const AccuracyPoint& point) {
  double best = 0;
  size_t missed = 0;
  bool diverged = false;
  for (const AccuracyRun& run : point.runs)
    best = std::max(best, run.accuracy), missed += run.reached ? 0 : 1, diverged = diverged || run.diverged;
  return text_of(missed, " of ", point.runs.size(), " did not reach it", diverged ? " (the loss diverged)" : "",
                 ", best ", fixed(best * 100, 2), " %");
}

}  // namespace

const AccuracyRun* AccuracyPoint::median() const {
  std::vector<int64_t> ns;
  for (const AccuracyRun& run : runs) {
    if (!run.reached) return nullptr;
    ns.push_back(run.training_ns);
  }
  return ns.empty() ? nullptr : &runs[size_t(median_index(ns))];
}

AccuracyFits fit_accuracy(const AccuracyRecord& record) {
  AccuracyFits fits;
  if (record.over != "batch") return fits;
  std::vector<std::pair<double, double>> steps, each, all;
  for (const AccuracyPoint& point : record.points)
    for (const AccuracyRun& run : point.runs) {
      if (!run.reached) continue;
      const double batch = std::stod(point.value);
      steps.emplace_back(batch, double(run.steps));
      each.emplace_back(batch, step_ns(run));
      all.emplace_back(batch, double(run.training_ns));
    }
  fits.steps = fit_power(steps), fits.step_ns = fit_power(each), fits.time = fit_power(all);
  return fits;
}

std::string render_text(const AccuracyRecord& record, const Paint& paint) {
  std::string text = paint.bold(
      wrap(text_of("tacho sweep  ", record.network, ", ", record.data, ": time to ", short_number(record.target * 100),
                   " % accuracy over ", record.over, ", ",
                   record.over == "batch" ? record.optimizer : text_of("batch ", record.batch), ", ", record.dtype),
           80, 2));
  text +=
      wrap(text_of("  machine  ", record.machine, ", ", record.threads, record.threads == 1 ? " thread" : " threads"),
           80, 11);
  text += wrap("  way      " + record.way, 80, 11);
  text += wrap(text_of("  data     ", record.train_examples, " examples train, accuracy on ", record.test_examples,
                       ", at most ", record.most_epochs, " epochs"),
               80, 11);
  text += "\n" +
          paint.bold(right(record.over, 10) + right("rate", 9) + right("steps", 9) + right("x ms a step", 14) +
                     right("= seconds", 12) + right("least … most", 18)) +
          "\n";
  const AccuracyPoint* best = nullptr;
  for (const AccuracyPoint& point : record.points) {
    const AccuracyRun* run = point.median();
    text += right(point.value, 10) + right(text_of(point.learning_rate), 9);
    if (!run) {
      text += "  " + why_not(point) + "\n";
      continue;
    }
    int64_t least = INT64_MAX, most = 0;
    for (const AccuracyRun& r : point.runs)
      least = std::min(least, r.training_ns), most = std::max(most, r.training_ns);
    const auto seconds = [](int64_t ns) { return fixed(double(ns) / 1e9, 3); };
    text += right(std::to_string(run->steps), 9) + right(fixed(step_ns(*run) / 1e6, 3), 14) +
            right(seconds(run->training_ns), 12) + right(seconds(least) + " … " + seconds(most), 18) + "\n";
    if (!best || run->training_ns < best->median()->training_ns) best = &point;
  }
  if (best) text += wrap(text_of("  fastest here: ", record.over, " ", best->value), 80, 2);
  const AccuracyFits fits = fit_accuracy(record);
  if (fits.steps)
    text += wrap(text_of("  with the batch size B: steps B^", exponent_text(fits.steps), ", time a step B^",
                         exponent_text(fits.step_ns), ", time B^", exponent_text(fits.time), " (± 95 %)"),
                 80, 2);
  return text + wrap("  the median training of each value by its time; building, planning and evaluations are left out",
                     80, 2);
}

Json to_json(const AccuracyRecord& record) {
  Json json = {{"schema", "tacho.sweep"},
               {"schema_version", 1},
               {"command", record.command},
               {"network", {{"name", record.network}}},
               {"data", record.data},
               {"machine", {{"model", record.machine}}},
               {"over", record.over},
               {"until", {{"accuracy", record.target}}},
               {"dtype", record.dtype},
               {"threads", record.threads},
               {"train_examples", record.train_examples},
               {"test_examples", record.test_examples},
               {"most_epochs", record.most_epochs}};
  if (record.over == "batch") json["optimizer"] = record.optimizer;
  else json["batch_size"] = record.batch;
  json["points"] = Json::array();
  for (const AccuracyPoint& point : record.points) {
    Json runs = Json::array();
    for (const AccuracyRun& run : point.runs)
      runs.push_back({{"seed", run.seed},
                      {"reached", run.reached},
                      {"diverged", run.diverged},
                      {"accuracy", run.accuracy},
                      {"steps", run.steps},
                      {"training_ns", run.training_ns}});
    Json row = {{"value", point.value}, {"learning_rate", point.learning_rate}, {"reached", point.median() != nullptr}};
    if (const AccuracyRun* run = point.median()) {
      row["steps"] = run->steps;
      row["step_ns"] = run->training_ns / std::max<int64_t>(run->steps, 1);
      row["time_ns"] = run->training_ns;
    }
    row["runs"] = runs;
    json["points"].push_back(row);
  }
  const AccuracyFits fits = fit_accuracy(record);
  json["fits"] = Json::array();
  for (const auto& [name, fit] : {std::pair("steps", &fits.steps), {"step_ns", &fits.step_ns}, {"time_ns", &fits.time}})
    if (*fit) {
      Json row = {{"quantity", name}};
      row.update(to_json(**fit));
      json["fits"].push_back(row);
    }
  return json;
}

}  // namespace tacho
