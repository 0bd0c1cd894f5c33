"""What may be seen of referrals; `access` first."""
