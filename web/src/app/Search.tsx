import { type KeyboardEvent, type RefObject, useId, useState } from "react";
import { useNavigate } from "react-router";
import { StatusBadge } from "@/components/StatusBadge";
import { en } from "@/text/en";
import classes from "./Search.module.css";
import { type Found, useSearch } from "./useSearch";

type Props = { inputRef: RefObject<HTMLInputElement | null> };

/** Finds runs by the beginning of their id and workflows by name; a whole id jumps to its run at once. */
export function Search({ inputRef }: Props) {
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState(0);
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  const navigate = useNavigate();
  const found = useSearch(text);
  const go = (target: Found | undefined) => {
    if (!target) return;
    setText("");
    setOpen(false);
    inputRef.current?.blur();
    navigate(target.to);
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key === "Enter") go(found.items[chosen]);
    if (event.key === "Escape") inputRef.current?.blur();
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (!step || !found.items.length) return;
    event.preventDefault();
    setChosen((chosen + step + found.items.length) % found.items.length);
  };
  const isShown = isOpen && text.trim() !== "";
  return (
    <div className={classes.search}>
      <input
        ref={inputRef}
        role="combobox"
        aria-label={en.search.label}
        aria-expanded={isShown}
        aria-controls={id}
        aria-activedescendant={isShown && found.items.length ? `${id}-${chosen}` : undefined}
        className={classes.input}
        placeholder={en.search.placeholder}
        value={text}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => {
          setText(event.target.value);
          setChosen(0);
          setOpen(true);
        }}
        onFocus={() => setOpen(true)}
        onBlur={() => setOpen(false)}
        onKeyDown={onKey}
      />
      {isShown ? (
        <div className={classes.popover}>
          <ul id={id} role="listbox" aria-label={en.search.results} className={classes.list}>
            {found.items.map((item, index) => (
              // biome-ignore lint/a11y/useKeyWithClickEvents: keys are heard by the input
              // biome-ignore lint/a11y/useFocusableInteractive: the input keeps the focus, as a combobox does
              <li
                key={item.to}
                id={`${id}-${index}`}
                role="option"
                aria-selected={index === chosen}
                className={classes.option}
                onPointerDown={(event) => event.preventDefault()}
                onClick={() => go(item)}
              >
                <span className={classes.title}>{item.title}</span>
                <span className={classes.hint}>{item.hint}</span>
                {item.status ? <StatusBadge status={item.status} /> : null}
              </li>
            ))}
          </ul>
          {found.items.length === 0 ? (
            <p className={classes.none}>{found.isAsking ? en.search.asking : en.search.none}</p>
          ) : null}
        </div>
      ) : null}
    </div>
  );
}
