// Reads the result that the page carries and builds the page for its schema.

document.addEventListener('DOMContentLoaded', () => {
  const source = document.getElementById('result').textContent, result = JSON.parse(source);
  const pages = {'tacho.analyze': analyzePage, 'tacho.why': whyPage, 'tacho.compare': comparePage, 'tacho.sweep': sweepPage,
    'tacho.matmul': matmulPage, 'tacho.machine': machinePage, 'tacho.estimate': estimatePage, 'tacho.backtest': estimatePage};
  const page = (pages[result.schema] || genericPage)(result);
  const [sentence, command, advice] = page.sentence;
  document.title = (result.network && result.network.name ? result.network.name + ' – ' : '') + result.schema;
  document.getElementById('sentence').textContent = sentence;
  if (command || advice) document.getElementById('headline').append(el('p', {id: 'advice'}, advice ? advice + ' ' : '', command ? commandLine(command) : ''));
  const about = document.getElementById('about');
  for (const [main, note] of page.about) if (main) about.append(el('span', {}, main, note ? el('small', {}, ' ' + note) : ''));
  about.append(el('span', {class: 'copies'}, result.command ? copyButton('copy command', () => result.command, result.command) : '',
    copyButton('copy JSON', () => source, 'Copy the whole result')));
  const tabs = buildTabs(page.tabs);
  if (page.started) page.started(tabs);
  window.addEventListener('beforeprint', () => document.querySelectorAll('details').forEach(one => { one.open = true; }));
  document.getElementById('made').textContent = 'Made by tacho from ' + result.schema + ' version ' + result.schema_version + '. ';
});
