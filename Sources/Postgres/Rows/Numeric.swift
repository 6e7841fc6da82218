// SPDX-License-Identifier: MIT

/// The decimal spelling of a `numeric` in binary: groups of four digits, a weight, a sign and a scale.
func decimalText(ofNumeric bytes: UnsafeRawBufferPointer) throws(PostgresCellError) -> String {
    guard bytes.count >= 8 else { throw PostgresCellError("is cut short") }
    func field(_ index: Int) -> Int16 {
        Int16(bigEndian: bytes.loadUnaligned(fromByteOffset: index * 2, as: Int16.self))
    }
    let count = Int(field(0))
    let weight = Int(field(1))
    let scale = Int(field(3))
    let isNegative: Bool
    switch UInt16(bitPattern: field(2)) {
    case 0x0000: isNegative = false
    case 0x4000: isNegative = true
    case 0xC000: return "NaN"
    case 0xD000: return "Infinity"
    case 0xF000: return "-Infinity"
    default: throw PostgresCellError("has an unknown sign")
    }
    guard count >= 0, bytes.count == 8 + 2 * count, scale >= 0 else { throw PostgresCellError("is cut short") }

    /// The four digits that stand for 10000 to the power `weight - index`; zeros beyond those sent.
    func group(_ index: Int) throws(PostgresCellError) -> String {
        let value = index >= 0 && index < count ? Int(field(4 + index)) : 0
        guard value >= 0, value < 10_000 else { throw PostgresCellError("has a digit out of range") }
        let digits = String(value)
        return String(repeating: "0", count: 4 - digits.count) + digits
    }

    var whole = ""
    if weight >= 0 {
        for index in 0...weight { whole += try group(index) }
    }
    whole = String(whole.drop { $0 == "0" })
    if whole.isEmpty { whole = "0" }
    // Groups are counted: counting characters each time would take time in the square of a scale that goes up to 16,383.
    var fraction = ""
    for index in 0..<(scale + 3) / 4 { fraction += try group(weight + 1 + index) }
    let text = scale > 0 ? whole + "." + fraction.prefix(scale) : whole
    return isNegative ? "-" + text : text
}
