"""Access tokens that platforms renew, sealed, beside the secrets that people give."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("channels", "0002_doors")]
    operations = [
        migrations.AddField(
            model_name="channel",
            name="tokens",
            field=models.BinaryField(default=bytes),
        ),
    ]
