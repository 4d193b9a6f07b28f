/**
 * Returns the smallest single change that makes `next` of `before`, in the places of CodeMirror,
 * which counts a line end as one; null if both are equal.
 */
export function changed(before, next, separator) {
  if (before === next) return null;
  const most = Math.min(before.length, next.length);
  let start = 0;
  while (start < most && before[start] === next[start]) start += 1;
  // a change does not begin inside a letter of two units or a line end of two
  while (start > 0 && (isLow(before, start) || isLow(next, start) || before[start - 1] === "\r")) start -= 1;
  let same = 0;
  while (same < most - start && before[before.length - 1 - same] === next[next.length - 1 - same]) same += 1;
  while (same > 0 && (isLow(before, before.length - same) || before[before.length - same] === "\n" && separator.length > 1)) same -= 1;
  const at = (place) => separator.length === 1 ? place : place - (before.slice(0, place).split(separator).length - 1);
  const insert = next.slice(start, next.length - same);
  return { from: at(start), to: at(before.length - same), insert };
}

const isLow = (text, place) => {
  const unit = text.charCodeAt(place);
  return unit >= 0xdc00 && unit <= 0xdfff;
};
