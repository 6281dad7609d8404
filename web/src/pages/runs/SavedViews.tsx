import { Button, Menu, TextInput } from "@mantine/core";
import { useLocalStorage } from "@mantine/hooks";
import { type FormEvent, useState } from "react";
import { useLocation, useNavigate } from "react-router";
import { en } from "@/text/en";

type View = { name: string; search: string };

/** Filters by name, kept in this browser. */
export function SavedViews() {
  const [views, setViews] = useLocalStorage<View[]>({ key: "agentos-run-views", defaultValue: [] });
  const [name, setName] = useState("");
  const { search } = useLocation();
  const navigate = useNavigate();
  const save = (event: FormEvent) => {
    event.preventDefault();
    if (!name.trim()) return;
    setViews([...views.filter((each) => each.name !== name.trim()), { name: name.trim(), search }]);
    setName("");
  };
  return (
    <Menu position="bottom-end" shadow="md" width={280}>
      <Menu.Target>
        <Button size="xs" variant="default" ml="auto">
          {en.runs.views}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {views.map((view) => (
          <Menu.Item key={view.name} onClick={() => navigate(`/runs${view.search}`)}>
            {view.name}
          </Menu.Item>
        ))}
        {views.map((view) => (
          <Menu.Item
            key={`delete ${view.name}`}
            color="dimmed"
            onClick={() => setViews(views.filter((each) => each.name !== view.name))}
          >
            {en.runs.deleteView(view.name)}
          </Menu.Item>
        ))}
        <form onSubmit={save} style={{ padding: 8, display: "flex", gap: 8, alignItems: "end" }}>
          <TextInput
            size="xs"
            label={en.runs.viewName}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            style={{ flex: 1 }}
          />
          <Button size="xs" type="submit" disabled={!name.trim()}>
            {en.runs.saveView}
          </Button>
        </form>
      </Menu.Dropdown>
    </Menu>
  );
}
