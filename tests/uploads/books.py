"""Workbooks and archives for tests, good and hostile."""

from __future__ import annotations

import io
import zipfile

import xlsxwriter

SHEET_HEAD = '<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
SHEET_TAIL = "</sheetData></worksheet>"


def a_workbook(*rows, formats=None):
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    sheet = book.add_worksheet()
    for line, row in enumerate(rows):
        for column, value in enumerate(row):
            if (format_ := (formats or {}).get((line, column))) is not None:
                sheet.write(line, column, value, book.add_format({"num_format": format_}))
            else:
                sheet.write(line, column, value)
    book.close()
    return target.getvalue()


def with_part(raw, name, content):
    """The workbook with one part replaced or added."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            if info.filename != name:
                new.writestr(info.filename, old.read(info))
        new.writestr(name, content)
    return target.getvalue()


def a_zip(files):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    target.seek(0)
    return target
