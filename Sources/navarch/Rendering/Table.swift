// SPDX-License-Identifier: MIT

/// Rows under titles, in columns two spaces apart: easy on the eye, and on `awk`.
struct Table: Equatable, Sendable {
    /// The titles, upper case by custom.
    var titles: [String]
    /// The cells; each row has one for each title.
    var rows: [[String]]

    /// A table of `rows`.
    init(_ titles: [String], _ rows: [[String]]) {
        self.titles = titles
        self.rows = rows
    }

    /// The lines. An empty cell shows as `-`.
    func lines() -> [String] {
        let cells = [titles] + rows.map { row in row.map { $0.isEmpty ? "-" : Self.printable($0) } }
        var widths = titles.map(\.count)
        for row in cells {
            for (column, cell) in row.enumerated() { widths[column] = max(widths[column], cell.count) }
        }
        return cells.map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                line += cell
                if column < row.count - 1 { line += String(repeating: " ", count: widths[column] - cell.count + 2) }
            }
            return line
        }
    }

    /// `text` on one line and without control characters: what machines report of themselves must not steer a terminal.
    static func printable(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.map { isControl($0) ? " " : $0 }))
    }

    /// As ``printable(_:)``, but lines and tabs are kept: for output of several lines.
    static func printableLines(_ text: String) -> String {
        let scalars = text.unicodeScalars.map { scalar in
            isControl(scalar) && scalar != "\n" && scalar != "\t" ? " " : scalar
        }
        return String(String.UnicodeScalarView(scalars))
    }

    /// C0, DEL and C1, and the marks that turn the direction of writing.
    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F...0x9F, 0x202A...0x202E, 0x2066...0x2069, 0x200E, 0x200F: true
        default: false
        }
    }
}
