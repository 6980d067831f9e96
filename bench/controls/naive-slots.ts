// Preloaded into the service: the chain hangs on when the older slot starts, and slots are not spread. What is
// used late at the end of one second and early in the next adds up to more than the limit.
import { SlotWindow } from "../../src/slots/slot-window.ts";

// eslint-disable-next-line @typescript-eslint/unbound-method -- it is called on a window below
const { add } = SlotWindow.prototype;
Object.defineProperties(SlotWindow.prototype, {
  add: {
    value(this: SlotWindow, start: number): void {
      add.call(this, start, start);
    },
  },
  gapMs: { value: () => 0 },
});
