// Preloaded into the service: stops its event loop ten times for 0.2 to 1 s, as a long garbage
// collection or a starved host would.
const STALLS = 10;
const sleeper = new Int32Array(new SharedArrayBuffer(4));

for (let i = 1; i <= STALLS; i += 1) {
  // From the tenth second on, when the lane is busy.
  const timer = setTimeout(
    () => {
      const ms = 200 + (800 * (i - 1)) / (STALLS - 1);
      Atomics.wait(sleeper, 0, 0, ms);
    },
    10_000 + i * 2_000,
  );
  timer.unref();
}
