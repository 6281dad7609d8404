import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useEffect, useRef } from "react";
import classes from "./VirtualRows.module.css";

type Props = {
  count: number;
  label: string;
  rowHeight: number;
  row: (index: number) => ReactNode;
  /** Called when the end comes into sight. */
  onEnd?: () => void;
  /** Keeps this row in sight when it changes. */
  inSight?: number;
  keyOf: (index: number) => string | number;
  header?: ReactNode;
  /** Height of the list; with `fill` it takes what its place gives. */
  height?: string;
};

/** A list of any length, of which only what is in sight is in the page. */
export function VirtualRows({ count, label, rowHeight, row, onEnd, inSight, keyOf, header, height }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 10,
    getItemKey: keyOf,
  });
  const shown = rows.getVirtualItems();
  const last = shown[shown.length - 1]?.index ?? -1;
  const latestEnd = useRef(onEnd);
  latestEnd.current = onEnd;
  useEffect(() => {
    if (count > 0 && last >= count - 5) latestEnd.current?.();
  }, [last, count]);
  useEffect(() => {
    if (inSight !== undefined && inSight >= 0 && inSight < count)
      rows.scrollToIndex(inSight, { align: "auto" });
  }, [inSight, count, rows]);
  return (
    <div
      ref={scroller}
      className={classes.scroller}
      style={{ height }}
      role="region"
      aria-label={label}
      tabIndex={0}
    >
      {header}
      <ul className={classes.rows} style={{ height: rows.getTotalSize() }}>
        {shown.map(({ key, index, start }) => (
          <li
            key={key}
            data-index={index}
            ref={rows.measureElement}
            className={classes.row}
            style={{ transform: `translateY(${start}px)` }}
            aria-setsize={count}
            aria-posinset={index + 1}
          >
            {row(index)}
          </li>
        ))}
      </ul>
    </div>
  );
}
