// The same as steps.py, for the scripts of clients for Node: a step's name is given, since its function is asynchronous.
"use strict";

const readline = require("node:readline");

const answers = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]();

function tell(words) {
  process.stdout.write(JSON.stringify(words) + "\n");
}

async function step(name, act) {
  try {
    const told = await act();
    tell({ step: name, told: told ?? null });
    return told;
  } catch (error) {
    tell({ step: name, failed: String(error.stack || JSON.stringify(error)) });
    return undefined;
  }
}

async function ask(what, words = "") {
  tell({ ask: what, words });
  return (await answers.next()).value;
}

module.exports = { step, ask };
