// SPDX-License-Identifier: MIT
import Foundation
import Migrations

/// Standard output for results, standard error for everything else.
enum Console {
    static func write(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }

    static func error(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }

    /// One JSON object, keys in order, so that scripts and people can compare.
    static func json(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            return String(decoding: try encoder.encode(value), as: UTF8.self)
        } catch {
            preconditionFailure("a result is no JSON: \(error)")
        }
    }

    /// Columns as wide as their widest cell, two spaces between them.
    static func table(_ rows: [[String]]) -> String {
        let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            var line = ""
            for (cell, width) in zip(row, widths) {
                line += cell + String(repeating: " ", count: width - cell.count + 2)
            }
            return String(line.reversed().drop { $0 == " " }.reversed())
        }.joined(separator: "\n")
    }
}

extension MigrationEvent {
    /// One line for standard error.
    var line: String {
        switch self {
        case .waitingForRunner(let holder): "waiting for another runner: \(holder)"
        case .stepBegan(let title, let resumes): "\(title): \(resumes ? "resumed" : "begun")"
        case .statement(let title, let index, let count, let excerpt): "\(title): \(index)/\(count) \(excerpt)"
        case .blocked(let blockers): "waits for \(blockers.joined(separator: ", "))"
        case .retrying(let title, let tries, let all): "\(title): no lock in time, try \(tries) of \(all)"
        case .indexProgress(let phase, let done, let total): "index: \(phase), \(done) of \(total)"
        case .indexDropped(let name): "index \(name) was invalid and is dropped"
        case .indexKept(let name): "index \(name) is there already, valid and equal"
        case .stepDone(let title, let milliseconds): "\(title): done in \(milliseconds) ms"
        case .stepUndone(let title): "\(title): taken back"
        }
    }
}
