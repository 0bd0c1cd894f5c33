"""A small directory for tests: seven services, as a file brings them."""

from __future__ import annotations

from onedoor.directory import api as directory
from onedoor.factories import TEST

CH = "Y99900,Wexcombe Community Health"
ROWS = (
    "slug,name,provider_ods,provider,summary,ages_from,ages_to,refers,sharing_agreement_on,phone,postcode,hours,streams",
    f"joints,MSK Community Service,{CH},Adults whose joints hurt.,16,,gp|nurse|patient,2026-10-01,01632 960101,ZZ1 1AA,"
    "Mon-Fri 08:00-18:00,Physiotherapy|Exercise Classes (class)",
    f"bladder,Bladder and Bowel Service,{CH},Nurses help when holding on is hard.,4,,gp|nurse,,01632 960102,ZZ2 3BD,"
    "Mon-Fri 08:30-17:00,Adult continence",
    f"pelvic,Pelvic Health Physiotherapy,{CH},Physiotherapists for the pelvis after birth.,16,,gp|patient,,01632 960103,ZZ1 4GH,"
    "Mon-Fri 08:30-17:00,Pregnancy class (class)",
    "smoking,Stop Smoking Service,Y99903,Wexcombe Council,An adviser helps you give up tobacco.,12,,gp|patient,2026-04-01,"
    "01632 960104,ZZ3 2JL,Mon-Fri 09:00-19:00|Sat 09:00-13:00,Adviser support",
    f"nursing,District Nursing,{CH},Nurses who visit those who cannot leave home.,18,,gp|nurse,,01632 960109,,always,Visits",
    f"speech,Children's Speech and Language Therapy,{CH},Therapists help children to talk.,0,17,gp|patient,2026-06-01,"
    "01632 960111,ZZ7 2CD,Mon-Fri 08:30-17:00,Early years",
    "blood,Blood Test Clinic (Phlebotomy),Y99904,Wexcombe Hospital,Takes the samples your doctor has asked for.,12,,gp,,"
    "01632 960122,ZZ4 3CE,,Booked clinic (diagnostic)",
)


def services() -> dict[str, int]:
    """Bring them; slug to key."""
    directory.take_services(rows=directory.read_services("\n".join(ROWS).encode()), by=TEST)
    return {one.slug: one.id for one in directory.cards()}
