/** Two soft notes, made on the spot: no file to fetch, and none that a policy could forbid. */

export function chime(): void {
  try {
    const audio = new AudioContext();
    const note = audio.createOscillator();
    const volume = audio.createGain();
    note.frequency.setValueAtTime(660, 0);
    note.frequency.setValueAtTime(880, 0.12);
    volume.gain.setValueAtTime(0.08, 0);
    volume.gain.exponentialRampToValueAtTime(0.0001, 0.5);
    note.connect(volume).connect(audio.destination);
    note.start();
    note.stop(0.5);
    setTimeout(() => void audio.close(), 1000);
  } catch {
    // A page that may make no sound makes none.
  }
}
