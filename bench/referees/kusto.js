// Reads {"query", "table", "columns"} a line and says per line whether Microsoft's parser takes it.
// The argument is the folder of npm's @kusto/language-service-next.
"use strict";

const fs = require("fs");
const path = require("path");
const vm = require("vm");

for (const name of ["bridge.min.js", "Kusto.Language.Bridge.min.js"]) {
  const file = path.join(process.argv[2], name);
  vm.runInThisContext(fs.readFileSync(file, "utf8"), { filename: file });
}

const { GlobalState, KustoCode, Diagnostic, Symbols } = Kusto.Language;
const databases = new Map();

function globals(table, columns) {
  const key = JSON.stringify([table, columns]);
  if (!databases.has(key)) {
    const quoted = ([name, type]) => `[${JSON.stringify(name)}]: ${type}`;
    const schema = `(${Object.entries(columns).map(quoted).join(", ")})`;
    const symbol = new Symbols.TableSymbol.$ctor7(table, schema, null).WithIsOpen(true);
    const tables = System.Array.init([symbol], Symbols.Symbol);
    const database = new Symbols.DatabaseSymbol.ctor("db", tables);
    databases.set(key, GlobalState.Default.WithDatabase(database));
  }
  return databases.get(key);
}

function judge({ query, table, columns }) {
  const found = KustoCode.ParseAndAnalyze(query, globals(table, columns)).GetDiagnostics();
  for (let at = 0; at < System.Array.getCount(found, Diagnostic); at += 1) {
    const one = System.Array.getItem(found, at, Diagnostic);
    if (one.Severity === "Error") {
      return { error: `${one.Code}: ${one.Message}` };
    }
  }
  return {};
}

for (const line of fs.readFileSync(0, "utf8").split("\n")) {
  if (line !== "") {
    let answer;
    try {
      answer = judge(JSON.parse(line));
    } catch (error) {
      answer = { silent: true, why: String(error).slice(0, 200) };
    }
    console.log(JSON.stringify(answer));
  }
}
