// The operations table: the same columns on the first screen and in its tab.

function operationColumns(model, short) {
  const total = key => rows => rows.reduce((sum, row) => sum + (row[key] || 0), 0);
  const ratio = row => row.theory_share > 0 && row.share > 0 ? row.share / row.theory_share : undefined;
  const rate = row => row.flop > 0 && row.median_ns > 0 ? row.flop / row.median_ns * model.threads : undefined;
  const ofFloor = row => row.floor_ns > 0 && row.ns > 0 ? row.floor_ns / row.ns : undefined;
  const columns = [
    {id: 'label', title: 'operation', value: row => row.label},
    {id: 'layer', title: 'layer', value: row => row.layer},
    {id: 'phase', title: 'phase', value: row => row.phase},
    {id: 'kind', title: 'kind', value: row => nameOf('kind', row.kind)},
    {id: 'notation', title: 'formula', value: row => row.notation,
      hint: "l images, h filter width, d, d' channels in and out, ab output pixels"},
    {id: 'work', title: 'M ops', number: true, value: row => row.work, show: row => text.short(row.work / 1e6),
      sum: rows => text.short(total('work')(rows) / 1e6), hint: 'required operations in millions; a multiply-add is one'},
    {id: 'theory', title: 'theory %', number: true, value: row => row.theory_share, show: row => (row.theory_share * 100).toFixed(2),
      sum: rows => (total('theory_share')(rows) * 100).toFixed(2)},
    {id: 'time', title: 'time %', number: true, value: row => row.share, show: row => (row.share * 100).toFixed(1),
      sum: rows => (total('share')(rows) * 100).toFixed(1), hint: 'of the median step, all threads'},
    {id: 'ratio', title: 'ratio', number: true, value: ratio, show: row => ratio(row) === undefined ? '' : ratio(row) >= 1000 ? '>999' : text.short(ratio(row)),
      hint: 'time % over theory %: above 1 an operation takes more than its share'},
    {id: 'ms', title: 'ms', number: true, value: row => row.ns, show: row => text.ms(model.perThread(row.ns), model.wall),
      sum: rows => text.ms(model.perThread(total('ns')(rows)), model.wall), hint: 'of the median step: thread time over the number of threads'},
    {id: 'rate', title: 'GFLOP/s', number: true, value: rate, show: row => rate(row) === undefined ? '' : text.short(rate(row)),
      hint: 'required arithmetic in the median time, on all threads'},
  ];
  if (model.hasFloors) columns.push(
    {id: 'floor', title: 'floor %', number: true, value: ofFloor, show: row => ofFloor(row) === undefined ? '' : (ofFloor(row) * 100).toFixed(0),
      sum: rows => total('ns')(rows) > 0 ? (total('floor_ns')(rows) / total('ns')(rows) * 100).toFixed(0) : '',
      hint: 'the least time that these kernels need on this machine, over what they took'},
    {id: 'bound', title: 'bound by', value: row => row.bound_by || ''},
    {id: 'room', title: 'room ms', number: true, value: row => row.room, show: row => row.room === undefined ? ''
      : text.ms(model.perThread(row.room), model.wall), sum: rows => text.ms(model.perThread(total('room')(rows)), model.wall),
      hint: 'time above the floor: what a perfect kernel would save'});
  columns.push({id: 'backend', title: 'kernel', value: row => [row.backend, row.kernel].filter(Boolean).join(' '),
    show: row => breakable([row.backend, row.kernel].filter(Boolean).join(' '))});
  return short ? columns.filter(column => !['layer', 'phase', 'kind', 'bound'].includes(column.id)) : columns;
}

function operationsTable(model, options) {
  return dataTable({caption: 'Operations of the median step', columns: operationColumns(model, options.short), rows: model.operations,
    sort: {id: model.hasFloors ? 'room' : 'ms', down: true}, outside: model.outsideRow, total: 'the step', limit: options.limit,
    groups: options.groups, details: options.short ? undefined : operationDetails, onDraw: options.onDraw});
}

/** What stands behind a row: why this kernel, what it executes, who refused. */
function operationDetails(row) {
  const counts = count => Object.entries(count || {}).filter(([, value]) => value && value !== true)
    .map(([name, value]) => text.words(name) + ' ' + (typeof value === 'number' ? text.integer(value) : value)).join(', ') || 'nothing';
  const list = [['id', row.node], ['growth', row.big_o], ['required', counts(row.count)], ['executed', counts(row.executed)],
    ['reads, writes', text.bytes(row.bytes_read) + ', ' + text.bytes(row.bytes_written)],
    ['why this kernel', row.reason], ['operations in it', (row.members || []).join(', ')],
    ...(row.refusals || []).map(refusal => ['not ' + refusal.backend, refusal.reason])];
  const terms = Array.isArray(row.terms) ? row.terms.map(term => [term.term || term.kind || 'term', term.ns]) : Object.entries(row.terms || {});
  for (const [name, ns] of terms) if (typeof ns === 'number') list.push([text.words(name), text.time(ns)]);
  return el('dl', {class: 'facts-list'}, list.filter(([, value]) => value).map(([name, value]) => [el('dt', {}, name), el('dd', {}, value)]));
}

/** The tab. Returns what the first screen's bars call to filter it: apply({kind, phase, sort}). */
function operationsTab(panel, model) {
  const state = {search: '', kind: '', phase: '', layer: ''};
  const shown = el('span', {class: 'note', role: 'status'});
  const table = operationsTable(model, {groups: {layer: {of: o => o.layer || '(none)'}, kind: {of: o => nameOf('kind', o.kind)},
    phase: {of: o => o.phase}, backend: {of: o => o.backend || '(none)'}},
    onDraw: n => { shown.textContent = n === model.operations.length ? '' : n + ' of ' + model.operations.length + ' rows shown'; }});
  const update = () => table.setFilter(o => (!state.kind || o.kind === state.kind) && (!state.phase || o.phase === state.phase) &&
    (!state.layer || o.layer === state.layer) && (o.label + ' ' + o.node + ' ' + o.backend + ' ' + o.kernel).toLowerCase().includes(state.search));
  const choices = key => [...new Set(model.operations.map(o => o[key]))].filter(Boolean);
  const select = (label, key, entries) => {
    const box = el('select', {change: () => { state[key] = box.value; update(); }}, el('option', {value: ''}, 'all'),
      entries.map(value => el('option', {value}, key === 'kind' ? nameOf('kind', value) : value)));
    return {box, element: el('label', {}, label + ' ', box)};
  };
  const kind = select('kind', 'kind', choices('kind')), phase = select('phase', 'phase', choices('phase')),
    layer = select('layer', 'layer', choices('layer'));
  const search = el('input', {type: 'search', placeholder: 'name, kernel, backend', input: () => { state.search = search.value.toLowerCase(); update(); }});
  const group = el('select', {change: () => table.setGroup(group.value)}, [['', 'none'], ['layer', 'layer'], ['kind', 'kind'],
    ['phase', 'phase'], ['backend', 'backend']].map(([value, name]) => el('option', {value}, name)));
  const clear = el('button', {type: 'button', click: () => apply({})}, 'show all');
  function apply(wanted) {
    for (const [key, box] of [['kind', kind.box], ['phase', phase.box], ['layer', layer.box]]) state[key] = box.value = wanted[key] || '';
    state.search = search.value = '';
    if (wanted.sort) table.setSort(wanted.sort, true);
    update();
  }
  panel.append(el('div', {class: 'controls'}, el('label', {}, 'find ', search), kind.element, phase.element, layer.element,
    el('label', {}, 'group by ', group), clear, shown),
    el('div', {class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'All operations'}, table.element),
    el('p', {class: 'note'}, 'Times are of the median step; choose a row for why its kernel was taken. A multiply-add is one operation.'));
  return apply;
}
