"""Time zones suggested while typing; any IANA name is taken. Pure."""

from typing import Final

ZONES: Final = (
    "Africa/Addis_Ababa", "Africa/Algiers", "Africa/Cairo", "Africa/Casablanca", "Africa/Dakar", "Africa/Johannesburg",
    "Africa/Khartoum", "Africa/Lagos", "Africa/Mogadishu", "Africa/Nairobi", "Africa/Nouakchott", "Africa/Tripoli",
    "Africa/Tunis", "America/Argentina/Buenos_Aires", "America/Bogota", "America/Chicago", "America/Lima",
    "America/Los_Angeles", "America/Mexico_City", "America/Montreal", "America/New_York", "America/Santiago",
    "America/Sao_Paulo", "Asia/Aden", "Asia/Amman", "Asia/Baghdad", "Asia/Bahrain", "Asia/Beirut", "Asia/Damascus",
    "Asia/Dubai", "Asia/Gaza", "Asia/Hebron", "Asia/Istanbul", "Asia/Jakarta", "Asia/Jerusalem", "Asia/Karachi",
    "Asia/Kolkata", "Asia/Kuwait", "Asia/Muscat", "Asia/Qatar", "Asia/Riyadh", "Asia/Tehran", "Asia/Tokyo",
    "Atlantic/Canary", "Australia/Sydney", "Europe/Amsterdam", "Europe/Athens", "Europe/Berlin", "Europe/Brussels",
    "Europe/Istanbul", "Europe/Lisbon", "Europe/London", "Europe/Madrid", "Europe/Paris", "Europe/Rome",
    "Europe/Stockholm", "Europe/Vienna", "Europe/Zurich", "UTC",
)  # fmt: skip
