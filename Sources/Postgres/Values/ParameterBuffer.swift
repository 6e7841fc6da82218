// SPDX-License-Identifier: MIT
import CLibpq

/// The parameters of one statement, laid out as libpq takes them; used again for the next, so that sending allocates nothing.
///
/// Belongs to one thread. libpq copies what it is given before it returns.
final class ParameterBuffer {
    private(set) var count = 0
    private(set) var types: UnsafeMutablePointer<Oid>
    private(set) var lengths: UnsafeMutablePointer<Int32>
    private(set) var formats: UnsafeMutablePointer<Int32>
    private(set) var values: UnsafeMutablePointer<UnsafePointer<CChar>?>
    private var offsets: UnsafeMutablePointer<Int>
    private var slots = 64

    private var storage: UnsafeMutableRawPointer
    private var capacity = 65_536
    private var used = 0

    init() {
        types = .allocate(capacity: slots)
        lengths = .allocate(capacity: slots)
        formats = .allocate(capacity: slots)
        values = .allocate(capacity: slots)
        offsets = .allocate(capacity: slots)
        storage = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit {
        types.deallocate()
        lengths.deallocate()
        formats.deallocate()
        values.deallocate()
        offsets.deallocate()
        storage.deallocate()
    }

    /// Lays out `parameters`; what was there is gone.
    func load(_ parameters: [PostgresValue]) {
        count = parameters.count
        used = 0
        if count > slots { growSlots(to: count) }
        for (index, parameter) in parameters.enumerated() {
            offsets[index] = used
            types[index] = parameter.typeOID
            formats[index] = write(parameter) ? 1 : 0
            lengths[index] = Int32(truncatingIfNeeded: used - offsets[index])
        }
        // Pointers last: the storage may have moved while it grew.
        for index in 0..<count {
            values[index] =
                parameters[index].isNull
                ? nil : UnsafePointer((storage + offsets[index]).assumingMemoryBound(to: CChar.self))
        }
    }

    /// Writes a value; returns whether it is in binary.
    private func write(_ value: PostgresValue) -> Bool {
        switch value {
        case .null: return true
        case .bool(let value): put(value ? 1 : 0 as UInt8)
        case .int2(let value): put(value)
        case .int4(let value): put(value)
        case .int8(let value): put(value)
        case .float8(let value): put(value.bitPattern)
        case .text(let value): put(value)
        case .bytea(let value): put(value)
        case .uuid(let value): put(value)
        case .json(let value), .numeric(let value): return putText(value)
        case .timestamptz(let value): put(PostgresTimestamp(microsecondsSinceUnixEpoch: value).onTheWire)
        case .interval(let value): put(microseconds: value)
        case .int2Array(let values): put(array: values, of: OID.int2) { put($0) }
        case .int4Array(let values): put(array: values, of: OID.int4) { put($0) }
        case .int8Array(let values): put(array: values, of: OID.int8) { put($0) }
        case .textArray(let values): putTexts(values)
        case .uuidArray(let values): put(array: values, of: OID.uuid) { put($0) }
        case .float8Array(let values): put(array: values, of: OID.float8) { put($0.bitPattern) }
        case .boolArray(let values): put(array: values, of: OID.bool) { put($0 ? 1 : 0 as UInt8) }
        case .timestamptzArray(let values):
            put(array: values, of: OID.timestamptz) {
                put(PostgresTimestamp(microsecondsSinceUnixEpoch: $0).onTheWire)
            }
        case .jsonArray(let values): return putText(arrayLiteral(values))
        case .byteaArray(let values): put(array: values, of: OID.bytea) { put($0) }
        }
        return true
    }
}

extension ParameterBuffer {
    private func put<Integer: FixedWidthInteger>(_ value: Integer) {
        reserve(MemoryLayout<Integer>.size)
        storage.storeBytes(of: value.bigEndian, toByteOffset: used, as: Integer.self)
        used += MemoryLayout<Integer>.size
    }

    private func put(_ value: String) {
        var value = value
        value.withUTF8 { copy(UnsafeRawBufferPointer($0)) }
    }

    private func put(_ value: [UInt8]) {
        value.withUnsafeBytes { copy($0) }
    }

    private func put(_ value: PostgresUUID) {
        put(value.halves.high)
        put(value.halves.low)
    }

    private func put(microseconds: Int64) {
        put(microseconds)
        put(0 as Int32)  // days
        put(0 as Int32)  // months
    }

    /// Text format: ends with a zero byte, which libpq looks for.
    private func putText(_ value: String) -> Bool {
        put(value)
        put(0 as UInt8)
        return false
    }

    private func put<Element>(array: [Element], of type: UInt32, element: (Element) -> Void) {
        putArrayHeader(count: array.count, type: type, hasNull: false)
        for value in array { putElement { element(value) } }
    }

    private func putTexts(_ values: [String?]) {
        putArrayHeader(count: values.count, type: OID.text, hasNull: values.contains { $0 == nil })
        for value in values {
            if let value { putElement { put(value) } } else { put(-1 as Int32) }
        }
    }

    private func putArrayHeader(count: Int, type: UInt32, hasNull: Bool) {
        put(count == 0 ? 0 : 1 as Int32)  // dimensions
        put(hasNull ? 1 : 0 as Int32)
        put(type)
        if count > 0 {
            put(Int32(truncatingIfNeeded: count))
            put(1 as Int32)  // lower bound
        }
    }

    private func putElement(_ body: () -> Void) {
        let start = used
        put(0 as Int32)
        body()
        storage.storeBytes(
            of: Int32(truncatingIfNeeded: used - start - 4).bigEndian, toByteOffset: start, as: Int32.self)
    }

    /// `{"…",NULL}` with quotes and backslashes escaped.
    private func arrayLiteral(_ values: [String?]) -> String {
        var literal = "{"
        for (index, value) in values.enumerated() {
            if index > 0 { literal += "," }
            guard let value else {
                literal += "NULL"
                continue
            }
            literal += "\""
            for scalar in value.unicodeScalars {
                if scalar == "\"" || scalar == "\\" { literal += "\\" }
                literal.unicodeScalars.append(scalar)
            }
            literal += "\""
        }
        return literal + "}"
    }

    private func copy(_ bytes: UnsafeRawBufferPointer) {
        reserve(bytes.count)
        if let base = bytes.baseAddress { (storage + used).copyMemory(from: base, byteCount: bytes.count) }
        used += bytes.count
    }

    private func reserve(_ more: Int) {
        guard used + more > capacity else { return }
        while used + more > capacity { capacity *= 2 }
        let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
        larger.copyMemory(from: storage, byteCount: used)
        storage.deallocate()
        storage = larger
    }

    private func growSlots(to count: Int) {
        while slots < count { slots *= 2 }
        types.deallocate()
        lengths.deallocate()
        formats.deallocate()
        values.deallocate()
        offsets.deallocate()
        types = .allocate(capacity: slots)
        lengths = .allocate(capacity: slots)
        formats = .allocate(capacity: slots)
        values = .allocate(capacity: slots)
        offsets = .allocate(capacity: slots)
    }
}
