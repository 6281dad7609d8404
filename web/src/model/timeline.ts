/** A time axis on which long silences are short, so that what happened can be seen. */

export type Gap = { from: number; to: number; left: number; width: number };
export type Axis = {
  from: number;
  to: number;
  gaps: Gap[];
  /** Gives the place of an instant, from 0 to 1. */
  place: (at: number) => number;
};

const SILENCE_MS = 2000;
/** A silence is shortened when it takes more of the whole than this, and then takes so much. */
const LONG = 0.2;
const SHORT = 0.05;

/** Makes the axis for these instants, which are in order. */
export function axisOf(instants: readonly number[], to: number): Axis {
  const from = instants[0] ?? to;
  const pieces = piecesOf(from, [...instants, to], Math.max(1, to - from));
  const total = pieces[pieces.length - 1]?.right ?? 1;
  const gaps = pieces
    .filter((piece) => piece.isGap)
    .map(({ start, end, left, right }) => ({
      from: start,
      to: end,
      left: left / total,
      width: (right - left) / total,
    }));
  return { from, to, gaps, place: (at) => placeIn(pieces, at) / total };
}

type Piece = { start: number; end: number; left: number; right: number; isGap: boolean };

function piecesOf(from: number, instants: readonly number[], span: number): Piece[] {
  const pieces: Piece[] = [];
  let start = from;
  let left = 0;
  const grow = (end: number, length: number, isGap: boolean) => {
    if (end <= start) return;
    pieces.push({ start, end, left, right: left + length, isGap });
    left += length;
    start = end;
  };
  let before = from;
  for (const at of instants) {
    const silence = at - before;
    if (silence > SILENCE_MS && silence > LONG * span) {
      grow(before, before - start, false);
      grow(at, SHORT * span, true);
    }
    before = Math.max(before, at);
  }
  grow(before, before - start, false);
  if (pieces.length === 0) pieces.push({ start: from, end: from + 1, left: 0, right: 1, isGap: false });
  return pieces;
}

function placeIn(pieces: Piece[], at: number): number {
  const last = pieces[pieces.length - 1];
  const piece = pieces.find((each) => at <= each.end) ?? last;
  if (!piece) return 0;
  const part = Math.min(1, Math.max(0, (at - piece.start) / (piece.end - piece.start)));
  return piece.left + part * (piece.right - piece.left);
}
