// What the parts of an analyze page share, worked out once from the result.

function analyzeModel(result) {
  const threads = result.threads, whole = result.step.median_ns * threads;
  const model = {result, threads, whole, wall: result.step.median_ns, perThread: ns => ns / threads};
  // The median step to the nanosecond, from the timeline: of each row, and of each thread and account.
  const stepOf = new Map();
  model.ledger = [];
  forEachInterval(result.timeline, (thread, from, to, state) => {
    if (state.account === 'kernel') stepOf.set(state.node, (stepOf.get(state.node) || 0) + to - from);
    const key = state.account === 'kernel' ? state.phase : state.account;
    const row = model.ledger[thread] = model.ledger[thread] || new Map();
    row.set(key, (row.get(key) || 0) + to - from);
  });
  model.hasFloors = result.operations.some(o => o.floor_ns !== undefined);
  model.operations = result.operations.filter(o => o.row !== 'view' || o.work > 0).map(o => {
    const ns = stepOf.get(o.node) || 0;
    return {...o, ns, share: whole ? ns / whole : 0, room: o.floor_ns === undefined ? undefined : ns - o.floor_ns};
  });
  model.byNode = new Map(model.operations.map(o => [o.node, o]));
  model.inKernels = model.operations.reduce((sum, o) => sum + o.ns, 0);
  model.outside = whole - model.inKernels;
  model.outsideRow = {label: 'outside kernels', ns: model.outside, share: model.outside / whole, work: 0, theory_share: 0,
    layer: '', phase: '', kind: 'outside', notation: '', room: model.hasFloors ? model.outside : undefined};
  model.kinds = sumBy(model.operations.flatMap(partsOf), o => o.kind);
  model.kinds.set('outside', {work: 0, ns: model.outside, theory: 0});
  model.floorNs = model.operations.reduce((sum, o) => sum + (o.floor_ns || 0), 0);
  model.totalOf = key => model.ledger.reduce((sum, row) => sum + (row.get(key) || 0), 0);
  model.label = node => (model.byNode.get(node) || {label: node}).label;
  return model;
}

/** Calls visit(thread's index, from, to, state) for every interval of the step, in order. */
function forEachInterval(timeline, visit) {
  timeline.threads.forEach((thread, t) => {
    thread.at_ns.forEach((from, i) => {
      const to = i + 1 < thread.at_ns.length ? thread.at_ns[i + 1] : timeline.ns;
      visit(t, from, to, timeline.states[thread.state[i]]);
    });
  });
}

/** A row as it counts by kind: where it fuses several, each has its part of the time, in proportion to its weight. */
function partsOf(o) {
  if (!o.kinds) return [o];
  const ns = closeTo(o.kinds.map(part => part.weight), o.ns);
  return o.kinds.map((part, i) => ({kind: part.kind, work: part.work, ns: ns[i], theory_share: o.work ? o.theory_share * part.work / o.work : 0}));
}

function sumBy(operations, key) {
  const sums = new Map();
  for (const o of operations) {
    const sum = sums.get(key(o)) || {work: 0, ns: 0, theory: 0};
    sum.work += o.work, sum.ns += o.ns, sum.theory += o.theory_share;
    sums.set(key(o), sum);
  }
  return sums;
}

/** The way that was fastest, where it is at least a twentieth faster than this run: less is no difference in a few steps. */
function fasterWay(result) {
  const measured = (result.ways || []).filter(way => way.median_ns && !way.this_run);
  const best = measured.sort((a, b) => a.median_ns - b.median_ns)[0];
  return best && best.median_ns < 0.95 * result.step.median_ns ? best : null;
}

function middle(interval) {
  return interval.median !== undefined ? interval.median : (interval.low + interval.high) / 2;
}

/** "0.8 ms (0.7 to 0.9; 3 %)", with a sign in front where one is given. */
function gainText(interval, wall, sign = '') {
  return sign + text.ms(middle(interval), wall) + ' ms (' + text.ms(interval.low, wall) + ' to ' + text.ms(interval.high, wall) + '; ' + sign +
    text.percent(middle(interval) / wall) + ')';
}
