// report.mjs — what a script found: told as it goes, and its exit code.
const problems_shown_max = 60;

export class Report {
  constructor() {
    this.checked = 0;
    this.problems = [];
  }
  check(holds, what) {
    this.checked += 1;
    if (!holds) this.problems.push(what);
    return holds;
  }
  none(list, where) {
    this.check(list.length === 0, `${where}: ${list.join("; ")}`);
  }
  // Ends the process: 0 when everything held and there was something to hold.
  finish(name, at_least = 1) {
    for (const one of this.problems.slice(0, problems_shown_max)) console.log(`- ${one}`);
    console.log(`${name}: ${this.checked} checked, ${this.problems.length} wrong`);
    process.exit(this.problems.length === 0 && this.checked >= at_least ? 0 : 1);
  }
}
