// A table that sorts, filters and groups.
// columns: [{id, title, hint, value(row), show(row), number, sum(rows)}]; `show` defaults to the value.

function dataTable(options) {
  const {columns, rows, caption} = options;
  let sort = options.sort || null, group = '', filter = () => true, limit = options.limit || Infinity;
  const body = el('tbody', {}), foot = el('tfoot', {});
  const heads = columns.map(column => {
    const button = el('button', {type: 'button', click: () => {
      const down = sort && sort.id === column.id ? !sort.down : !!column.number;
      sort = {id: column.id, down};
      draw();
    }}, column.title);
    const head = el('th', {scope: 'col', class: column.number ? 'number' : ''}, button);
    if (column.hint) hint(button, column.hint);
    return head;
  });
  const table = el('table', {class: 'data'}, el('caption', {class: 'hidden-text'}, caption),
    el('thead', {}, el('tr', {}, heads)), body, foot);

  function cellsOf(row) {
    return columns.map((column, i) => {
      const shown = column.show ? column.show(row) : column.value(row);
      return el(i === 0 ? 'th' : 'td', {scope: i === 0 ? 'row' : undefined, class: column.number ? 'number' : ''},
        shown === undefined ? '' : shown);
    });
  }
  function compare(a, b) {
    const column = columns.find(c => c.id === sort.id), x = column.value(a), y = column.value(b);
    const empty = value => value === undefined || value === null || value === '' || Number.isNaN(value);
    if (empty(x) || empty(y)) return empty(x) - empty(y);
    const order = typeof x === 'number' ? x - y : String(x).localeCompare(String(y), 'en', {numeric: true});
    return sort.down ? -order : order;
  }
  function rowWithDetails(row) {
    const line = el('tr', {}, cellsOf(row));
    if (!options.details) return [line];
    const more = el('tr', {class: 'details', hidden: true}, el('td', {colspan: columns.length}));
    const button = el('button', {type: 'button', class: 'open', 'aria-expanded': 'false', click: () => {
      more.hidden = !more.hidden;
      button.setAttribute('aria-expanded', String(!more.hidden));
      if (!more.hidden && !more.firstChild.hasChildNodes()) more.firstChild.append(options.details(row));
    }}, ...line.firstChild.childNodes);
    line.firstChild.append(button);
    return [line, more];
  }
  function draw() {
    heads.forEach((head, i) => {
      if (sort && sort.id === columns[i].id) head.setAttribute('aria-sort', sort.down ? 'descending' : 'ascending');
      else head.removeAttribute('aria-sort');
    });
    const kept = rows.filter(filter);
    if (sort) kept.sort(compare);
    body.replaceChildren();
    const groups = new Map();
    for (const row of kept) {
      const key = group ? String(options.groups[group].of(row)) : '';
      if (!groups.has(key)) groups.set(key, []);
      groups.get(key).push(row);
    }
    for (const [key, members] of groups) {
      if (group) body.append(el('tr', {class: 'group'}, sums(members, key + ' (' + members.length + ')')));
      for (const row of members.slice(0, limit)) body.append(...rowWithDetails(row));
    }
    const rest = group ? [] : kept.slice(limit);
    foot.replaceChildren();
    if (rest.length) foot.append(el('tr', {}, sums(rest, text.integer(rest.length) + ' more')));
    if (options.outside && kept.length === rows.length) foot.append(el('tr', {}, cellsOf(options.outside)));
    if (columns.some(column => column.sum))
      foot.append(el('tr', {class: 'total'}, sums(kept.length === rows.length && options.outside ? [...kept, options.outside]
        : kept, kept.length === rows.length ? options.total || 'all' : text.integer(kept.length) + ' of ' + rows.length)));
    if (options.onDraw) options.onDraw(kept.length);
  }
  function sums(members, title) {
    return columns.map((column, i) => el(i === 0 ? 'th' : 'td', {scope: i === 0 ? 'row' : undefined,
      class: column.number ? 'number' : ''}, i === 0 ? title : column.sum ? column.sum(members) : ''));
  }
  draw();
  return {element: table, setFilter(keep) { filter = keep; draw(); }, setGroup(name) { group = name; draw(); },
    setSort(id, down) { sort = {id, down}; draw(); }};
}

/** The numbers behind a picture, folded away. */
function tableBehind(title, columns, rows) {
  const table = dataTable({caption: title, columns, rows});
  return el('details', {class: 'behind'}, el('summary', {}, 'The numbers: ' + title),
    el('div', {class: 'scroll', tabindex: '0', role: 'region', 'aria-label': title}, table.element));
}
