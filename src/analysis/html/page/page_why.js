// The page of tacho.why: from the slowest way to the fastest, switch by switch.

function whyPage(result) {
  const from = result.from, to = result.to, gained = from.step_ns - to.step_ns;
  const title = term => text.words(term.switch) + ': ' + term.from + ' → ' + term.to;
  const range = term => term.low_ns === undefined ? [] : ['in other orders ' + text.time(term.low_ns) + ' to ' + text.time(term.high_ns)];
  const steps = [{name: 'the slowest way', ns: from.step_ns, total: true, color: 'c-total'}];
  let at = from.step_ns;
  for (const term of result.terms) {
    const after = at - term.ns;
    steps.push({name: title(term), ns: -term.ns, color: term.ns >= 0 ? 'c-kind-pooling' : 'c-phase-backward',
      lines: [text.short(at / Math.max(1, after)) + ' times as fast', ...range(term)]});
    at = after;
  }
  steps.push({name: 'the fastest way', ns: to.step_ns, total: true, color: 'c-total'});
  const best = result.terms.slice().sort((a, b) => b.ns - a.ns)[0];
  const operations = result.terms.flatMap(term => (term.operations || []).map(o => ({...o, term: title(term)})));
  return {
    sentence: ['From ' + text.time(from.step_ns) + ' to ' + text.time(to.step_ns) + ' a step: ' + text.short(from.step_ns / to.step_ns) + ' times as fast.' +
      (best ? ' The most is ' + title(best) + ', ' + text.percent(best.ns / gained) + ' of the difference.' : ''), ''],
    about: aboutOf(result),
    tabs: [
      {id: 'waterfall', title: 'Waterfall', build: panel => panel.append(part('What each switch takes off the step',
        ...waterfall('waterfall of the switches', steps, 'The terms add up to the difference exactly.')), switchesPart(result))},
      {id: 'operations', title: 'Operations', build: panel => operations.length ? void panel.append(part('What each switch does to each kind of operation',
        dataTable({caption: 'Terms by operation', rows: operations, sort: {id: 'ns', down: true}, columns: [{id: 'term', title: 'switch', value: o => o.term},
          {id: 'op', title: 'operation', value: o => o.op}, {id: 'ns', title: 'ms taken off', number: true, value: o => o.ns, show: o => text.ms(o.ns, from.step_ns)},
          {id: 'share', title: '% of the difference', number: true, value: o => o.ns, show: o => (o.ns / gained * 100).toFixed(1)}]}).element)) : false},
      restOf(result, ['from', 'to', 'terms', 'network', 'machine', 'batch_size', 'dtype', 'threads']),
    ],
  };
}

/** Where the two ways differ. */
function switchesPart(result) {
  const names = Object.keys({...result.from.switches, ...result.to.switches});
  const rows = names.map(name => ({name, from: (result.from.switches || {})[name] || '', to: (result.to.switches || {})[name] || ''})).filter(row => row.from !== row.to);
  return part('The two ways', dataTable({caption: 'Switches that differ', rows, columns: [{id: 'name', title: 'switch', value: r => r.name},
    {id: 'from', title: 'slowest', value: r => r.from}, {id: 'to', title: 'fastest', value: r => r.to}]}).element);
}

/** A last tab with the fields that a page does not draw. */
function restOf(result, drawn) {
  const rest = {...result};
  for (const name of drawn) delete rest[name];
  return {id: 'more', title: 'More', build: panel => {
    const inner = genericPage(rest);
    const empty = Object.keys(rest).every(name => ['schema', 'schema_version', 'command', 'measured_at'].includes(name));
    return empty ? false : inner.tabs[0].build(panel);
  }};
}
