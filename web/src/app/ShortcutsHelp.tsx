import { Modal, Table } from "@mantine/core";
import { en } from "@/text/en";
import { tabs } from "./pages";

type Props = { isOpen: boolean; onClose: () => void };

/** The sheet that lists every key. */
export function ShortcutsHelp({ isOpen, onClose }: Props) {
  const rows: [string, string][] = [
    ["/", en.shortcuts.search],
    ["?", en.shortcuts.help],
    ...tabs.map(({ label, key }): [string, string] => [`g ${key}`, en.shortcuts.goTo(label)]),
    ["← →", en.shortcuts.slide],
    ["Esc", en.shortcuts.close],
  ];
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      title={en.shortcuts.title}
      closeButtonProps={{ "aria-label": en.close }}
    >
      <Table>
        <Table.Tbody>
          {rows.map(([keys, does]) => (
            <Table.Tr key={keys}>
              <Table.Th scope="row" w={90}>
                <kbd className="mono">{keys}</kbd>
              </Table.Th>
              <Table.Td>{does}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Modal>
  );
}
