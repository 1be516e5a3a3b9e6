// Asks Microsoft's parser of Kusto (npm, @kusto/language-service-next) about queries: on standard
// input {library, items: [{query, columns, open}]}, on standard output a list of diagnostics each.
// A condition alone is looked at as what stands after `where`, as in the harness.
"use strict";

const fs = require("fs");
const path = require("path");
const vm = require("vm");

const MOST_SHOWN = 20;
const MOST_TABLES = 50;
const NO_TABLE = "KS204";
const NO_NAME = "KS142";
const OWN = "harness_events";

const given = JSON.parse(fs.readFileSync(0, "utf8"));
for (const name of ["bridge.min.js", "Kusto.Language.Bridge.min.js"]) {
  const file = path.join(given.library, name);
  vm.runInThisContext(fs.readFileSync(file, "utf8"), { filename: name });
}
const { KustoCode, GlobalState, Symbols, Syntax } = globalThis.Kusto.Language;
const STATEMENTS = [Syntax.ExpressionStatement, Syntax.LetStatement, Syntax.FunctionBody];

function globals(tables, columns, open) {
  const made = Object.entries(columns).map(
    ([name, type]) => new Symbols.ColumnSymbol(name, Symbols.ScalarTypes.GetSymbol(type) || Symbols.ScalarTypes.Unknown),
  );
  const symbols = tables.map((name) => new Symbols.TableSymbol.$ctor4(name, made).WithIsOpen(open));
  const database = new Symbols.DatabaseSymbol.$ctor3("db", null, symbols, true);
  return GlobalState.Default.WithDatabase(database);
}

function errors(code) {
  const listed = [];
  const all = code.GetDiagnostics();
  for (let at = 0; at < all.Count && listed.length < MOST_SHOWN; at += 1) {
    const one = all.getItem(at);
    if (one.Severity === "Error") listed.push([one.Code, one.Start, one.Length, one.Message]);
  }
  return listed;
}

function walk(node, visit) {
  visit(node);
  for (let at = 0; at < node.ChildCount; at += 1) {
    const child = node.GetChild(at);
    if (child) walk(child, visit);
  }
}

function named(text) {
  const found = /^\[\s*(['"])(.*)\1\s*\]$/s.exec(text);
  return found ? found[2] : text;
}

// Whether a name is all that a statement says, so that it must be a table.
function isAlone(code, start, length) {
  let found = false;
  walk(code.Syntax, (node) => {
    const whole = node.TextStart === start && node.Width === length;
    const above = node.Parent && node.Parent.Parent;
    if (whole && Bridge.is(node, Syntax.NameReference)) {
      found ||= STATEMENTS.some((one) => Bridge.is(node.Parent, one) || Bridge.is(above, one));
    }
  });
  return found;
}

// Every name where a table must stand is one of ours: the parser says which it does not know.
function analyzed(text, columns, open) {
  const tables = [OWN];
  for (;;) {
    const code = KustoCode.ParseAndAnalyze(text, globals(tables, columns, open));
    const unknown = errors(code).filter(
      ([id, start, length]) => id === NO_TABLE || (id === NO_NAME && isAlone(code, start, length)),
    );
    const names = unknown.map(([, start, length]) => named(text.slice(start, start + length)));
    const fresh = names.filter((name) => !tables.includes(name));
    if (!fresh.length || tables.length > MOST_TABLES) return code;
    tables.push(...new Set(fresh));
  }
}

function isTable(code) {
  return code.ResultType !== null && Bridge.is(code.ResultType, Symbols.TableSymbol);
}

// Whether a text that begins with our own `where` is its condition and nothing else.
function isOneFilter(code) {
  const kinds = { PipeExpression: 0, ExpressionStatement: 0, LetStatement: 0, NamedParameter: 0 };
  walk(code.Syntax, (node) => {
    for (const one of Object.keys(kinds)) {
      if (Bridge.is(node, Syntax[one])) kinds[one] += 1;
    }
  });
  const own = kinds.PipeExpression === 1 && kinds.ExpressionStatement === 1;
  return own && kinds.LetStatement === 0 && kinds.NamedParameter === 0;
}

function firstPlace(listed) {
  return Math.min(...listed.map(([, start]) => start));
}

// What is wrong with a text: as a query or, where it gets further as that, as a condition.
function checked({ query, columns, open }) {
  const whole = analyzed(query, columns, open);
  let found = errors(whole);
  if (!found.length && isTable(whole)) return [];
  if (!found.length) found = [["", 0, query.length, "the query gives no table"]];
  const prefix = `${OWN} | where `;
  const condition = analyzed(prefix + query, columns, open);
  if (!isOneFilter(condition)) return found;
  const others = errors(condition).map(([code, start, ...rest]) => [code, start - prefix.length, ...rest]);
  return !others.length || firstPlace(others) > firstPlace(found) ? others : found;
}

process.stdout.write(JSON.stringify(given.items.map(checked)));
