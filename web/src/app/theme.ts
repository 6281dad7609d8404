import { createTheme, type MantineColorsTuple } from "@mantine/core";

const ink: MantineColorsTuple = [
  "#eef1ff",
  "#dce2fb",
  "#b6c2f3",
  "#8da0ec",
  "#6b83e6",
  "#5670e2",
  "#4a64dd",
  "#3b54c6",
  "#324ab2",
  "#253d9c",
];

/** Mantine's greys of the dark scheme, in the tone of the pages. */
const dark: MantineColorsTuple = [
  "#e8eaf0",
  "#c5cad5",
  "#a3aab8",
  "#6c7383",
  "#474d5b",
  "#2e323d",
  "#232730",
  "#1c1f26",
  "#16181e",
  "#101216",
];

/** One look for everything. Shades are chosen for a contrast of 4.5 in both schemes. */
export const theme = createTheme({
  primaryColor: "ink",
  colors: { ink, dark },
  primaryShade: { light: 7, dark: 7 },
  defaultRadius: "md",
  fontFamily: 'Inter, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace',
  headings: { fontWeight: "650" },
  cursorType: "pointer",
  components: {
    Tooltip: { defaultProps: { openDelay: 350, withArrow: true } },
    Modal: { defaultProps: { centered: true, overlayProps: { backgroundOpacity: 0.5 } } },
  },
});
