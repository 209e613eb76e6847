/** How many segments a text message takes (3GPP TS 23.038), counted as channels/segments.py does. */
const BASIC = new Set("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà");
const EXTENDED = new Set("\f^{}\\[~]|€");

export function segments(text: string): { units: number; parts: number; room: number } {
  const letters = [...text];
  const plain = letters.every((one) => BASIC.has(one) || EXTENDED.has(one));
  const sizes = letters.map((one) => (plain ? (EXTENDED.has(one) ? 2 : 1) : one.length));
  const [alone, joined] = plain ? [160, 153] : [70, 67];
  const units = sizes.reduce((sum, one) => sum + one, 0);
  if (units <= alone) return { units, parts: units ? 1 : 0, room: alone - units };
  let parts = 1;
  let room = joined;
  for (const size of sizes) {
    if (size > room) {
      parts += 1;
      room = joined;
    }
    room -= size;
  }
  return { units, parts, room };
}
