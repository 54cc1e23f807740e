// --verify: what was estimated beside what turning the switch did.

function verifiedTab(panel, model) {
  const rows = model.result.verified;
  if (!rows || !rows.length) return false;
  const name = row => row.switch.name + '=' + row.switch.value, held = rows.filter(row => row.holds).length;
  const range = gain => text.ms(gain.median, model.wall) + ' (' + text.ms(gain.low, model.wall) + ' to ' + text.ms(gain.high, model.wall) + ')';
  const columns = [{id: 'switch', title: 'switch', value: name},
    {id: 'estimated', title: 'estimated gain, ms', number: true, value: r => r.estimated_gain_ns.median, show: r => range(r.estimated_gain_ns)},
    {id: 'measured', title: 'measured gain, ms', number: true, value: r => r.measured_gain_ns.median, show: r => range(r.measured_gain_ns),
      hint: 'by the quicker half of the runs of each way; range of all pairs'},
    {id: 'step', title: 'of a step of, ms', number: true, value: r => r.step_ns, show: r => text.ms(r.step_ns, model.wall)},
    {id: 'off', title: 'off, % of the step', number: true, value: r => r.off, show: r => (r.off * 100).toFixed(1),
      hint: 'estimated less measured, as a share of the step; it holds up to 10 %'},
    {id: 'holds', title: 'holds', value: r => r.holds ? 'yes' : 'no', show: r => el('span', {class: r.holds ? 'good' : 'amber'}, r.holds ? '✓ yes' : '! no')},
    {id: 'pairs', title: 'pairs', number: true, value: r => r.pairs}];
  panel.append(part('Estimated and measured: ' + held + ' of ' + rows.length + ' hold', el('div', {class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Verified switches'},
    dataTable({caption: 'Estimates beside measurements', columns, rows}).element),
    el('p', {class: 'note'}, 'Both ways ran in alternation, in turn with the kernels by themselves that the estimate is made of. A gain below 0: the switch makes the step longer.')));
  for (const row of rows) if (row.operations.length) panel.append(tableBehind('kernels with ' + name(row),
    [{id: 'node', title: 'node', value: o => o.node}, {id: 'kernel', title: 'kernel', value: o => o.kernel},
      ...[['alone_ns', 'alone, ms'], ['estimated_ns', 'estimated, ms'], ['measured_ns', 'measured, ms']].map(([id, title]) =>
        ({id, title, number: true, value: o => o[id], show: o => text.ms(model.perThread(o[id]), model.wall)}))], row.operations));
}
