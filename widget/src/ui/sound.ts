/** A short two-tone chime made in the browser, without a file. */

let context: AudioContext | null = null;

/** Browsers let a page sound only after a gesture: call this from a click or key press. */
export function primeSound(): void {
  try {
    context ??= new AudioContext();
    if (context.state === "suspended") void context.resume().catch(() => undefined);
  } catch {
    context = null;
  }
}

/** Silent when no gesture has primed it. */
export function chime(): void {
  if (context?.state !== "running") return;
  const start = context.currentTime;
  for (const [index, pitch] of [659.25, 880].entries()) {
    const tone = context.createOscillator();
    const volume = context.createGain();
    const at = start + index * 0.13;
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0, at);
    volume.gain.linearRampToValueAtTime(0.12, at + 0.015);
    volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.35);
    tone.connect(volume).connect(context.destination);
    tone.start(at);
    tone.stop(at + 0.4);
  }
}
