// SPDX-License-Identifier: MIT
import Foundation

/// The journal on disk: records of magic, length, checksum and JSON, one behind the other. Pure.
///
/// A record cut short at the end is what a crash leaves and is cut off. A damaged record with whole ones behind it is a broken disk:
/// such a journal cannot be trusted (C12).
enum JournalFormat {
    /// What reading a file found.
    struct Reading {
        /// The records of the whole part.
        var records: [JournalRecord] = []
        /// Bytes of the whole part; what follows is to be cut off.
        var wholeBytes = 0
        /// Damaged before its end.
        var isCorrupt = false
    }

    private static let magic: [UInt8] = Array("NVJ1".utf8)
    private static let headerSize = 12
    /// No record comes near it: results are bounded to far less before they are written.
    private static let maxPayload = 16 << 20

    /// A record's bytes.
    static func encode(_ record: JournalRecord) throws(JournalError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let payload: [UInt8]
        do {
            payload = [UInt8](try encoder.encode(record))
        } catch {
            throw JournalError(code: .io, operation: "encode journal record", detail: "\(error)")
        }
        return magic + bytes(UInt32(payload.count)) + bytes(CRC32.checksum(payload)) + payload
    }

    /// Reads a whole file.
    static func decode(_ file: [UInt8]) -> Reading {
        var reading = Reading()
        while let (record, next) = record(in: file, at: reading.wholeBytes) {
            reading.records.append(record)
            reading.wholeBytes = next
        }
        reading.isCorrupt = hasRecord(in: file, after: reading.wholeBytes)
        return reading
    }

    private static func record(in file: [UInt8], at start: Int) -> (JournalRecord, Int)? {
        guard start + headerSize <= file.count, file[start..<start + 4].elementsEqual(magic) else { return nil }
        let length = Int(number(file, start + 4))
        let from = start + headerSize
        guard length <= maxPayload, from + length <= file.count else { return nil }
        let payload = Array(file[from..<from + length])
        guard CRC32.checksum(payload) == number(file, start + 8) else { return nil }
        // A record whose checksum holds and that cannot be read comes from a newer agent: as good as damaged, and told by nil alike.
        guard let record = try? JSONDecoder().decode(JournalRecord.self, from: Data(payload)) else { return nil }
        return (record, from + length)
    }

    private static func hasRecord(in file: [UInt8], after start: Int) -> Bool {
        guard start < file.count else { return false }
        for offset in start..<file.count where file[offset] == magic[0] && record(in: file, at: offset) != nil {
            return true
        }
        return false
    }

    private static func bytes(_ value: UInt32) -> [UInt8] {
        [
            UInt8(truncatingIfNeeded: value >> 24), UInt8(truncatingIfNeeded: value >> 16),
            UInt8(truncatingIfNeeded: value >> 8), UInt8(truncatingIfNeeded: value),
        ]
    }

    private static func number(_ file: [UInt8], _ at: Int) -> UInt32 {
        file[at..<at + 4].reduce(0) { $0 << 8 | UInt32($1) }
    }
}

/// CRC-32 as in IEEE 802.3: finds every burst of up to 32 wrong bits.
enum CRC32 {
    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1 }
    }

    /// The checksum of `bytes`. O(n).
    static func checksum(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(UInt32.max) { table[Int(($0 ^ UInt32($1)) & 0xFF)] ^ ($0 >> 8) }
    }
}
