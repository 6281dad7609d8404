import { useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { en } from "@/text/en";
import classes from "./Shell.module.css";

/** Turns dark into light and back; until it is used, the system decides. */
export function SchemeSwitch() {
  const { setColorScheme } = useMantineColorScheme();
  const isDark = useComputedColorScheme("light") === "dark";
  return (
    <button type="button" className={classes.tool} onClick={() => setColorScheme(isDark ? "light" : "dark")}>
      <span aria-hidden="true">{isDark ? "☾" : "☀"}</span> {isDark ? en.shell.dark : en.shell.light}
      <span className="visually-hidden">{isDark ? en.shell.toLight : en.shell.toDark}</span>
    </button>
  );
}
