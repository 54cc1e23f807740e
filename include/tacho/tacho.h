#pragma once
// Tachograph for C++ programs: everything that the commands do, as functions. Namespace tacho; a user's mistake throws
// tacho::Error with one line that says what to do.
//
//   data      load_dataset(DataSpec)                     built-in sets, folders, files
//   network   builtin_network(name, image, classes), or a NetworkSpec of your own; inspect_network
//   way       set_switch(switches, name, value), resolve(switches)
//   training  train(TrainOptions, Dataset), Evaluator, read_checkpoint
//   steps     Session: one step at a time, its plan and its rows; Pool and Ledger: where the time goes
//
// examples/ holds programs that use it.
#include "base/error.h"
#include "data/dataset.h"
#include "data/prefetch.h"
#include "nn/builtin.h"
#include "nn/inspect.h"
#include "pool/pool.h"
#include "trace/ledger.h"
#include "train/trainer.h"
