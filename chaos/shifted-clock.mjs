/** Loaded before a process's own code: its clock is off by the minutes that this module's URL names. */
const offset = Number(new URL(import.meta.url).searchParams.get('minutes')) * 60_000;
const Right = globalThis.Date;

globalThis.Date = class Date extends Right {
  constructor(...args) {
    if (args.length === 0) super(Right.now() + offset);
    else super(...args);
  }

  static now() {
    return Right.now() + offset;
  }
};
