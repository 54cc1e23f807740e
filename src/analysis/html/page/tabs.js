// Tabs by the pattern of the ARIA guide: one tab stop, arrows between tabs, the address keeps the chosen one.

/** tabs: [{id, title, build(panel)}]; those whose build returns false are left out. */
function buildTabs(tabs) {
  const list = document.getElementById('tabs'), panels = document.getElementById('panels');
  const built = [];
  for (const tab of tabs) {
    const panel = el('div', {id: 'panel-' + tab.id, class: 'panel', role: 'tabpanel', 'aria-labelledby': 'tab-' + tab.id});
    panels.append(panel);
    if (tab.build(panel) === false) {
      panel.remove();
      continue;
    }
    panel.prepend(el('h2', {class: 'print-title'}, tab.title));
    const button = el('button', {type: 'button', role: 'tab', id: 'tab-' + tab.id, 'aria-controls': panel.id,
      click: () => choose(tab.id)}, tab.title);
    list.append(button);
    built.push({id: tab.id, button, panel});
  }
  function choose(id, focus) {
    const known = built.some(tab => tab.id === id) ? id : built[0].id;
    for (const tab of built) {
      const chosen = tab.id === known;
      tab.button.setAttribute('aria-selected', chosen);
      tab.button.tabIndex = chosen ? 0 : -1;
      tab.panel.classList.toggle('chosen', chosen);
      if (chosen && focus) tab.button.focus();
    }
    if (location.hash.slice(1) !== known) history.replaceState(null, '', '#' + known);
    document.getElementById('hint').hidden = true;
    window.scrollTo(0, 0);
  }
  list.addEventListener('keydown', event => {
    const at = built.findIndex(tab => tab.button === document.activeElement), last = built.length - 1;
    const to = {ArrowRight: at === last ? 0 : at + 1, ArrowLeft: at === 0 ? last : at - 1, Home: 0, End: last}[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    choose(built[to].id, true);
  });
  window.addEventListener('hashchange', () => choose(location.hash.slice(1)));
  list.hidden = built.length < 2;
  choose(location.hash.slice(1));
  return {choose};
}
