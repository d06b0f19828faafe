/** Short tones without sound files. Silent where the browser does not allow sound before a touch. */

let context = null;

/** Plays `notes`, a list of [frequency in Hz, seconds], one after the other. */
export function chime(notes) {
  context ??= new AudioContext();
  if (context.state === "suspended") void context.resume().catch(() => {});
  let at = context.currentTime;
  for (const [frequency, seconds] of notes) {
    const tone = context.createOscillator();
    const volume = context.createGain();
    tone.frequency.value = frequency;
    volume.gain.setValueAtTime(0.0001, at);
    volume.gain.exponentialRampToValueAtTime(0.25, at + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0001, at + seconds);
    tone.connect(volume).connect(context.destination);
    tone.start(at);
    tone.stop(at + seconds);
    at += seconds * 0.8;
  }
}

export const CALL = [[880, 0.5], [698, 0.8]];
export const TAKE_CARD = [[988, 0.18], [988, 0.18], [988, 0.18]];
