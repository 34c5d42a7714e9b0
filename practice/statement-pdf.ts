import { PDFDocument, rgb, StandardFonts } from "pdf-lib";
import { formatAmount, formatDay, formatMonth, type Statement } from "./statements.ts";

const a4: [width: number, height: number] = [595, 842];
const green = rgb(0.12, 0.35, 0.24);

/** The statement as a one-page PDF, the same bytes for the same statement. */
export async function statementPdf(username: string, statement: Statement): Promise<Uint8Array> {
  const document = await PDFDocument.create();
  const regular = await document.embedFont(StandardFonts.Helvetica);
  const bold = await document.embedFont(StandardFonts.HelveticaBold);
  const issued = new Date(`${statement.issuedOn}T00:00:00Z`);
  document.setTitle(`Statement ${statement.number}`);
  document.setAuthor("Larch Energy");
  document.setCreationDate(issued);
  document.setModificationDate(issued);

  const page = document.addPage(a4);
  page.drawText("Larch Energy", { x: 56, y: 760, size: 22, font: bold, color: green });
  page.drawText(`Statement for ${formatMonth(statement.month)}`, { x: 56, y: 700, size: 16, font: bold });
  const lines: [label: string, value: string][] = [
    ["Number", statement.number],
    ["Customer", username],
    ["Issued on", formatDay(statement.issuedOn)],
    ["Amount", formatAmount(statement.cents)],
    ["Status", statement.paid ? "Paid" : "Due"],
  ];
  for (const [index, [label, value]] of lines.entries()) {
    const y = 660 - index * 24;
    page.drawText(label, { x: 56, y, size: 11, font: regular, color: rgb(0.4, 0.4, 0.4) });
    page.drawText(drawable(value), { x: 160, y, size: 11, font: regular });
  }
  page.drawText("Made by the practice site that comes with Latchkey. Nobody owes anybody anything.", {
    x: 56,
    y: 56,
    size: 9,
    font: regular,
    color: rgb(0.4, 0.4, 0.4),
  });
  return document.save();
}

/** The built-in PDF fonts know Latin letters only, and pdf-lib throws at any other. */
function drawable(text: string): string {
  return text.replace(/[^\x20-\x7e\xa1-\xff€]/g, "?");
}
