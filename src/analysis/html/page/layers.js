// Layers: products against the rest, in theory and in time.

function layersTab(panel, model) {
  const layers = model.result.layers || [];
  if (!layers.length) return false;
  const step = model.result.step, ledger = model.result.ledger, all = ledger.wall_ns * ledger.threads;
  const rows = layers.map(layer => ({...layer, work: layer.products_work + layer.rest_work + layer.update_work,
    ns: layer.products_ns + layer.rest_ns + layer.update_ns}));
  const against = (a, b) => b > 0 ? text.short(a / b) + ' : 1' : a > 0 ? 'all : 0' : '';
  const most = Math.max(...rows.map(r => Math.max(r.ns / all, r.work / step.work)));
  const columns = [{id: 'layer', title: 'layer', value: r => r.layer}, {id: 'what', title: 'what it is', value: r => r.description},
    {id: 'theory', title: 'theory %', number: true, value: r => r.work / step.work, show: r => (r.work / step.work * 100).toFixed(1)},
    {id: 'time', title: 'time %', number: true, value: r => r.ns / all, show: r => (r.ns / all * 100).toFixed(1)},
    {id: 'bars', title: 'theory, time', value: r => r.ns, show: r => el('span', {class: 'pair wide'}, shareBar(r.work / step.work / most, 'theory'),
      shareBar(r.ns / all / most, 'c-kind-product'))},
    {id: 'pt', title: 'products : rest, theory', number: true, value: r => r.products_work / r.rest_work, show: r => against(r.products_work, r.rest_work)},
    {id: 'pm', title: 'in time', number: true, value: r => r.products_ns / r.rest_ns, show: r => against(r.products_ns, r.rest_ns)},
    {id: 'ms', title: 'ms a step', number: true, value: r => r.ns, show: r => text.ms(r.ns / ledger.steps / ledger.threads, model.wall)}];
  if (rows.some(r => r.floor_ns !== undefined)) columns.push({id: 'floor', title: 'floor %', number: true,
    value: r => r.ns > 0 ? r.floor_ns * ledger.steps / r.ns : undefined, show: r => r.ns > 0 && r.floor_ns ? (r.floor_ns * ledger.steps / r.ns * 100).toFixed(0) : ''});
  panel.append(part('Layers: products against the rest', el('div', {class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Layers'},
    dataTable({caption: 'Layers in execution order', columns, rows}).element),
    el('p', {class: 'note'}, 'Over all measured steps. A kernel that does a product and what follows it counts as the product.')));
}
