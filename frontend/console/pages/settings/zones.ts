/** Every zone that the browser knows, and the one that is chosen. */
export function zones(chosen: string): { value: string; label: string }[] {
  const known = (Intl as unknown as { supportedValuesOf?: (key: string) => string[] }).supportedValuesOf?.("timeZone") ?? [];
  return [...new Set([...known, "UTC", ...(chosen ? [chosen] : [])])].sort().map((value) => ({ value, label: value.replace(/_/g, " ") }));
}
