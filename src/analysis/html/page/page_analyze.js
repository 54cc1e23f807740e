// The page of tacho.analyze.

function analyzePage(result) {
  const model = analyzeModel(result);
  let apply = () => {}, tabs = null;
  const go = (tab, wanted) => {
    if (wanted) apply(wanted);
    tabs.choose(tab, true);
  };
  return {
    sentence: sentenceOf(model),
    about: [[result.network.name, text.integer(result.network.parameters) + ' parameters'], ['batch ' + result.batch_size + ', ' + result.dtype, 'of ' + result.data],
      [result.machine.model, text.count(result.threads, 'thread')], [dateOf(result), '']],
    tabs: [
      {id: 'overview', title: 'Overview', build: panel => overview(panel, model, go)},
      {id: 'operations', title: 'Operations', build: panel => { apply = operationsTab(panel, model); }},
      {id: 'layers', title: 'Layers', build: panel => layersTab(panel, model)},
      {id: 'roofline', title: 'Roofline', build: panel => rooflineTab(panel, model)},
      {id: 'timeline', title: 'Timeline', build: panel => timelineTab(panel, model)},
      {id: 'memory', title: 'Memory', build: panel => memoryTab(panel, model)},
      {id: 'gain', title: 'Gain', build: panel => causalTab(panel, model)},
      {id: 'verified', title: 'Verified', build: panel => verifiedTab(panel, model)},
      {id: 'waterfall', title: 'Waterfall', build: panel => stepWaterfall(panel, model)},
    ],
    started: made => { tabs = made; },
  };
}

/** "2026-11-25 20:54 UTC"; empty where the result has no date. */
function dateOf(result) {
  return result.measured_at ? new Date(result.measured_at * 1000).toISOString().slice(0, 16).replace('T', ' ') + ' UTC' : '';
}
