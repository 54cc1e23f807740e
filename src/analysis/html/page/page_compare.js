// The page of tacho.compare: two results, and what their difference is made of.

function comparePage(result) {
  const named = run => run.name || run.label || (run.file || '').split('/').pop() || (run.network && (run.network.name || run.network)) || '';
  const stepOf = run => run.step_ns !== undefined ? run.step_ns : run.step ? run.step.median_ns : run.median_ns;
  const a = result.a, b = result.b, from = stepOf(a), to = stepOf(b);
  const kinds = {work: 'c-phase-forward', rate: 'c-kind-index', parallelism: 'c-kind-activation', overhead: 'c-account-dispatch', idle: 'c-account-idle', unmatched: 'c-kind-other'};
  // difference_ns = a - b or b - a is told by the steps themselves.
  const sign = from !== undefined && to !== undefined && Math.sign(result.difference_ns) !== Math.sign(to - from) ? -1 : 1;
  const sums = new Map();
  for (const term of result.terms || []) {
    const sum = sums.get(term.kind) || {ns: 0, terms: []};
    sum.ns += term.ns, sum.terms.push(term);
    sums.set(term.kind, sum);
  }
  const steps = [...sums].map(([kind, sum]) => ({name: kind, ns: sign * sum.ns, color: kinds[kind] || 'c-kind-other',
    lines: sum.terms.slice().sort((x, y) => Math.abs(y.ns) - Math.abs(x.ns)).slice(0, 5).map(t => (t.op || '') + ' ' + text.time(sign * t.ns))}));
  if (from !== undefined) steps.unshift({name: 'A ' + named(a), ns: from, total: true, color: 'c-total'});
  if (to !== undefined) steps.push({name: 'B ' + named(b), ns: to, total: true, color: 'c-total'});
  const confounders = (result.confounders || []).filter(c => c.state !== 'same'), concluded = result.concluded !== false;
  const largest = [...sums].sort((x, y) => Math.abs(y[1].ns) - Math.abs(x[1].ns))[0];
  return {
    sentence: ['B' + (named(b) ? ' (' + named(b) + ')' : '') + ' takes ' + text.time(Math.abs(result.difference_ns)) + (sign * result.difference_ns > 0 ? ' more' : ' less') +
      ' a step than A' + (named(a) ? ' (' + named(a) + ')' : '') + (concluded && largest ? '; the largest part is ' + largest[0] : '') + '.' + (concluded ? '' : ' Nothing is concluded from it.') +
      (confounders.length ? ' The two also differ in ' + text.count(confounders.length, 'other thing') + '.' : ''), ''],
    about: aboutOf(result),
    tabs: [
      {id: 'terms', title: 'Difference', build: panel => {
        if (confounders.length) panel.append(part('Not the same in both', el('ul', {}, confounders.map(c => el('li', {}, typeof c === 'string' ? c
          : Object.entries(c).map(([name, value]) => text.words(name) + ' ' + (value && typeof value === 'object' ? JSON.stringify(value) : value)).join(', '))))));
        if (sums.size) panel.append(part('What the difference is made of', ...waterfall('waterfall of the difference', steps, 'The terms add up to the difference exactly.')));
        if (sums.size) panel.append(objectsPart('terms', result.terms));
        else panel.append(part('No terms', el('p', {}, 'The two differ in what makes their times comparable; say --accept to see the terms all the same.')));
      }},
      {id: 'unmatched', title: 'Unmatched', build: panel => (result.unmatched || []).length ? void panel.append(objectsPart('unmatched', result.unmatched)) : false},
      restOf(result, ['terms', 'unmatched', 'confounders', 'difference_ns']),
    ],
  };
}
