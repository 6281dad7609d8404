import { Suspense, useEffect, useRef, useState } from "react";
import { NavLink, Outlet, useLocation, useNavigation } from "react-router";
import { en } from "@/text/en";
import { ConnectionBanner } from "./ConnectionBanner";
import { tabs } from "./pages";
import { SchemeSwitch } from "./SchemeSwitch";
import { Search } from "./Search";
import classes from "./Shell.module.css";
import { ShortcutsHelp } from "./ShortcutsHelp";
import { ApprovalCount } from "./TabCount";
import { useShortcuts } from "./useShortcuts";

/** What stays while pages change: tabs, search, the banner, and the place of the page. */
export function Shell() {
  const search = useRef<HTMLInputElement>(null);
  const [isHelpOpen, setHelpOpen] = useState(false);
  useShortcuts({ onSearch: () => search.current?.focus(), onHelp: () => setHelpOpen((open) => !open) });
  return (
    <div className={classes.shell}>
      <a href="#page" className={classes.skip}>
        {en.shell.skip}
      </a>
      <header className={classes.header}>
        <NavLink to="/" className={classes.brand} aria-label={en.shell.home}>
          <img src="/icon.svg" alt="" width={26} height={26} />
          <span className={classes.brandName}>AgentOS</span>
        </NavLink>
        <Search inputRef={search} />
        <div className={classes.tools}>
          <SchemeSwitch />
          <button type="button" className={classes.tool} onClick={() => setHelpOpen(true)}>
            <kbd>?</kbd> <span className={classes.wide}>{en.shell.shortcuts}</span>
          </button>
        </div>
      </header>
      <Tabs />
      <ConnectionBanner />
      <main id="page" className={classes.page} tabIndex={-1}>
        <Suspense>
          <Outlet />
        </Suspense>
      </main>
      <ShortcutsHelp isOpen={isHelpOpen} onClose={() => setHelpOpen(false)} />
    </div>
  );
}

function Tabs() {
  const { state } = useNavigation();
  const { pathname } = useLocation();
  const current = useRef<HTMLAnchorElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the tab of the new page comes into view
  useEffect(() => {
    current.current?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [pathname]);
  return (
    <nav className={classes.tabs} aria-label={en.shell.tabs} data-loading={state === "loading" || undefined}>
      {tabs.map(({ path, label }) => {
        const isCurrent = pathname === path || pathname.startsWith(`${path}/`);
        return (
          <NavLink
            key={path}
            to={path}
            ref={isCurrent ? current : null}
            className={classes.tab}
            aria-current={isCurrent ? "page" : undefined}
          >
            {label}
            {path === "/approvals" ? <ApprovalCount /> : null}
          </NavLink>
        );
      })}
    </nav>
  );
}
