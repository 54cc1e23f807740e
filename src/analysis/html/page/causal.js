// What the step would be without an operation, or with it at its floor: with several threads a share is no gain.

function causalTab(panel, model) {
  const rows = model.result.causal || [];
  if (!rows.length) return false;
  const ms = (id, title, hint) => ({id, title, hint, number: true, value: row => row[id], show: row => row[id] === undefined ? '' : text.ms(row[id], model.wall)});
  const columns = [{id: 'label', title: 'operation', value: row => row.label || row.node},
    ms('share_ns', 'share', 'its thread time over the threads: what it would give if a share were a gain'),
    ms('free_gain_ns', 'gain if free', 'measured: the step without its kernel, its results those of a former step'), ms('low_ns', 'from'), ms('high_ns', 'to'),
    ms('replayed_gain_ns', 'by the schedule', 'the same by playing the schedule with its times at 0'), ms('floor_gain_ns', 'gain at its floor', 'by playing the schedule'),
    ms('virtual_gain_ns', 'confirmed', 'measured: the other threads are held for what it would have saved at its floor')];
  const kept = columns.filter(column => rows.some(row => column.value(row) !== undefined));
  panel.append(part('What a faster operation would give the step, ms', el('div', {class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Gains'},
    dataTable({caption: 'Gains of operations', columns: kept, rows, sort: {id: 'free_gain_ns', down: true}}).element)));
}
